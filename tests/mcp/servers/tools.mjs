// SPDX-License-Identifier: MIT
// What the test servers of both eras offer: tools with the names and shapes of the companions, and
// some that misbehave. `say` is how the era lets a tool speak while it works:
// {progress(done, total, message), log(text), signal, reconnect()}.
const text = (text) => ({ content: [{ type: 'text', text }] });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const memories = new Map();
/** What became of the calls of `never` and `slow`, by their tag. */
const ended = new Map();

export function tools(z) {
  const optional = (schema) => schema.nullish();
  return {
    // -- Session-Buddy
    store_reflection: {
      description: 'Store a reflection',
      input: { content: z.string(), tags: optional(z.array(z.string())) },
      run: ({ content, tags }) => text(`Reflection stored: ${content} [${(tags ?? []).join(', ')}]`),
    },
    store_conversation: {
      description: 'Store a conversation',
      input: { content: z.string(), project: optional(z.string()), metadata: optional(z.record(z.string(), z.any())) },
      run: ({ content, project }) => text(`Conversation stored for ${project ?? 'no project'}: ${content.length} characters`),
    },
    search_conversations: {
      description: 'Search conversations',
      input: {
        query: z.string(), limit: z.number().int().min(1).max(100).default(10),
        min_score: z.number().default(0.7), project: optional(z.string()),
      },
      run: ({ query, limit }) => text(`Found 1 of ${limit} conversations for '${query}'`),
    },
    // -- Akosha
    store_memory: {
      description: 'Store a memory',
      input: {
        memory_id: z.string(), text: z.string(), embedding: z.array(z.number()).length(384),
        metadata: optional(z.record(z.string(), z.any())),
      },
      output: { status: z.string(), memory_id: z.string(), embedding_dim: z.number(), source: z.string().optional() },
      run: (memory) => {
        memories.set(memory.memory_id, memory);
        const stored = {
          status: 'stored', memory_id: memory.memory_id, embedding_dim: memory.embedding.length,
          source: memory.metadata?.source,
        };
        return { ...text(JSON.stringify(stored)), structuredContent: stored };
      },
    },
    batch_store_memories: {
      description: 'Store many memories',
      input: { memories: z.array(z.object({ memory_id: z.string(), text: z.string() })) },
      output: { stored: z.number() },
      run: (batch) => {
        batch.memories.forEach((memory) => memories.set(memory.memory_id, memory));
        return { ...text('stored'), structuredContent: { stored: batch.memories.length } };
      },
    },
    // -- for the client's sake
    echo: { description: 'Say the same', input: { text: z.string() }, run: (given) => text(given.text) },
    fail: { description: 'Fail', input: {}, run: () => { throw new Error('this tool always fails'); } },
    slow: {
      description: 'Work in steps and say how far it is',
      input: { steps: z.number().int(), pause_ms: z.number().int() },
      run: async ({ steps, pause_ms }, say) => {
        for (let step = 1; step <= steps; step += 1) {
          await pause(pause_ms);
          await say.progress(step, steps, `step ${step}`);
          await say.log(`worked on step ${step}`);
        }
        return text(`done after ${steps} steps`);
      },
    },
    never: {
      description: 'Never answer; what_became says whether it was cancelled',
      input: { tag: z.string() },
      run: ({ tag }, say) => new Promise(() => {
        ended.set(tag, 'running');
        say.signal.addEventListener('abort', () => ended.set(tag, 'cancelled'));
      }),
    },
    what_became: {
      description: 'What became of a call of never',
      input: { tag: z.string() },
      run: ({ tag }) => text(ended.get(tag) ?? 'unknown'),
    },
    broken_stream: {
      description: 'Close the stream before the answer, and answer on the next one',
      input: {},
      run: async (_, say) => {
        await say.progress(1, 2, 'before');
        say.reconnect();
        await pause(50);
        return text('after the break');
      },
    },
    mirrored: {
      description: 'Wants its region in a header too',
      input: { region: z.string().meta({ 'x-mcp-header': 'Region' }) },
      run: ({ region }) => text(`region ${region}`),
    },
    ask_back: {
      description: 'Ask the client for its roots before it answers',
      input: {},
      run: async (_, say) => text(await say.ask_roots()),
    },
    large: {
      description: 'Answer with so many bytes',
      input: { bytes: z.number().int() },
      run: ({ bytes }) => text('x'.repeat(bytes)),
    },
  };
}

/** The tools of this file, or of the one in `--offer=FILE`; without those in `--lacks=NAME,NAME`. */
export async function offered_tools() {
  const argument = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
  const offer = argument('offer');
  const chosen = offer ? (await import(`./${offer}`)).tools : tools;
  const lacks = (argument('lacks') ?? '').split(',');
  return (z) => Object.fromEntries(Object.entries(chosen(z)).filter(([name]) => !lacks.includes(name)));
}

/** Listens on a free port of 127.0.0.1 and says which, then lives as long as its standard input. */
export function serve(server) {
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
  process.stdin.on('end', () => process.exit(0)).resume();
}
