// SPDX-License-Identifier: MIT
// What Akosha offers, as far as memories are concerned. Its embeddings are made of the length of a
// text. Texts that begin with certain words misbehave; `what_is_stored` shows the memories and the
// names of the tools that were called.
const answer = (object) => ({ content: [{ type: 'text', text: JSON.stringify(object) }], structuredContent: object });
const dimensions = 384;
const memories = new Map();
const called = [];
let reported = null;

function embedding_of(text) {
  if (!text) throw new Error('1 validation error: text is empty');
  if (text.length > 10_000 || text.includes('\0')) throw new Error('1 validation error: text is no good');
  if (text.startsWith('unembeddable')) throw new Error('the model has no memory left');
  if (text.startsWith('die')) process.exit(1);
  const wrong = text.startsWith('short vector') ? 1 : 0;
  return Array.from({ length: dimensions - wrong }, (_, at) => text.length / (at + 1));
}

function store({ memory_id, text, embedding, metadata }) {
  const fails = (error) => ({ status: 'failed', memory_id, error });
  if (!memory_id || !text) return fails('Missing required field (memory_id or text)');
  if (embedding?.length !== dimensions) return fails(`embedding dim mismatch (expected ${dimensions})`);
  if (text.startsWith('locked')) return fails('the store is locked');
  if (text.startsWith('invalid')) return fails('Invalid text: no such thing');
  if (memories.has(memory_id)) return fails(`Constraint Error: Duplicate key "conversation_id: ${memory_id}" violates primary key constraint`);
  memories.set(memory_id, { text, metadata, first: embedding[0] });
  return { status: 'stored', memory_id, embedding_dim: embedding.length, source: metadata?.source };
}

function store_all(batch) {
  const errors = batch.map(store).filter(({ status }) => status === 'failed').map(({ memory_id, error }) => ({ memory_id, error }));
  const stored = batch.length - errors.length;
  const status = errors.length === 0 ? 'completed' : stored > 0 ? 'partial' : 'failed';
  return { status, total: batch.length, stored, failed: errors.length, errors };
}

export function tools(z) {
  const log = (name, run) => (given) => { called.push(name); return run(given); };
  const metadata = z.record(z.string(), z.any()).nullish();
  const offered = {
    generate_embedding: {
      description: 'Make an embedding',
      input: { text: z.string() },
      run: ({ text }) => answer({ text, embedding_dim: dimensions, embedding: embedding_of(text), mode: 'real' }),
    },
    generate_batch_embeddings: {
      description: 'Make many embeddings',
      input: { texts: z.array(z.string()), batch_size: z.number().int().default(32) },
      run: ({ texts }) => answer({ count: texts.length, embedding_dim: dimensions, embeddings: texts.map(embedding_of), mode: 'real' }),
    },
    store_memory: {
      description: 'Store a memory',
      input: { memory_id: z.string(), text: z.string(), embedding: z.array(z.number()), metadata },
      run: (memory) => answer(store(memory)),
    },
    batch_store_memories: {
      description: 'Store many memories',
      input: { memories: z.array(z.record(z.string(), z.any())) },
      run: (batch) => answer(store_all(batch.memories)),
    },
    aggregate_metrics: {
      description: 'Take counts',
      input: { pools_count: z.number().int(), memory_items_count: z.number().int(), timestamp: z.string() },
      run: (counts) => { reported = counts; return answer({ ok: true }); },
    },
  };
  for (const [name, tool] of Object.entries(offered)) tool.run = log(name, tool.run);
  if (process.argv.includes('--prefixed'))
    for (const name of ['store_memory', 'batch_store_memories']) {
      offered[`akosha_${name}`] = offered[name];
      delete offered[name];
    }
  offered.what_is_stored = {
    description: 'For the tests',
    input: {},
    run: () => ({ content: [{ type: 'text', text: JSON.stringify({ memories: Object.fromEntries(memories), called, reported }) }] }),
  };
  return offered;
}
