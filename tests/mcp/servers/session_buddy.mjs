// SPDX-License-Identifier: MIT
// What Session-Buddy offers, as far as memories are concerned. It answers with text for people, and
// says in that text when something has failed. Contents that begin with certain words misbehave;
// `what_is_stored` shows the arguments of all calls that were good.
const text = (text) => ({ content: [{ type: 'text', text }] });
const stored = [];
let running = 0;
let most_at_once = 0;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function store(tool, given, done) {
  running += 1;
  most_at_once = Math.max(most_at_once, running);
  await pause(5);
  running -= 1;
  const { content } = given;
  if (content.startsWith('die')) process.exit(1);
  if (content.startsWith('throw')) throw new Error('the database is locked');
  if (content.startsWith('guard')) throw new Error('Memory guard blocked write: rule=secrets');
  if (content.startsWith('cross')) return text('\u274C Store failed: the disk is full');
  if (content.startsWith('invalid')) return text('\u274C Validation error: Store - no such thing');
  if (content.length < 10) return text('\u274C Content too short (minimum 10 characters)');
  stored.push({ tool, ...given });
  return text(`${done}\n\nContent: ${content.slice(0, 40)}`);
}

export function tools(z) {
  const optional = (schema) => schema.nullish();
  return {
    store_conversation: {
      description: 'Store a conversation',
      input: { content: z.string(), project: optional(z.string()), metadata: optional(z.record(z.string(), z.any())) },
      run: (given) => store('store_conversation', given, '\u2705 Conversation stored successfully!'),
    },
    store_reflection: {
      description: 'Store a reflection',
      input: { content: z.string(), tags: optional(z.array(z.string())) },
      run: (given) => store('store_reflection', given, '\u{1F4BE} Reflection stored successfully!'),
    },
    search_conversations: {
      description: 'Search conversations',
      input: {
        query: z.string(), limit: z.number().int().min(1).max(100).default(10),
        min_score: z.number().default(0.7), project: optional(z.string()),
      },
      run: ({ query, limit }) => {
        const found = stored.filter(({ content }) => content.includes(query)).slice(0, limit);
        return text(`Search Results for: '${query}'\nFound ${found.length} conversations\n`
          + found.map(({ content }, at) => `${at + 1}. Score: 90.0%\n   ${content}`).join('\n'));
      },
    },
    what_is_stored: {
      description: 'For the tests',
      input: {},
      run: () => text(JSON.stringify({ stored, most_at_once })),
    },
  };
}
