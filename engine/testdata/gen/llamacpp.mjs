// Writes what llama.cpp makes of the tiny checkpoints: greedy tokens, the
// probabilities behind each, and embeddings.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { getLlama } from 'node-llama-cpp';
import { architectures, write } from './gguf.mjs';

const begin = 1018;
const prompts = [
  [begin, 87, 104, 97, 116],
  Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 1018),
  [5],
];
const generated = 12, top = 12;

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tiny-'));
execFileSync('go', ['run', './internal/tiny/write', '-out', dir], { cwd: '../..', stdio: 'inherit' });
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
const out = {};
const variants = ['LlamaForCausalLM+llama3', 'LlamaForCausalLM+yarn', 'LlamaForCausalLM+longrope', 'MPTForCausalLM+clip_qkv']; // llama.cpp cannot compute MPT's qk_ln: it normalises a view that is not contiguous;
for (const architecture of [...Object.keys(architectures), ...variants]) {
  const file = path.join(dir, architecture + '.gguf');
  write(path.join(dir, architecture), file, architecture);
  const model = await llama.loadModel({ modelPath: file, useMmap: false });
  out[architecture] = [];
  if (architecture === 'BertModel') {
    const context = await model.createEmbeddingContext({ contextSize: 256, threads: 1 });
    for (const tokens of prompts) {
      const prompt = tokens[0] === begin ? tokens : [begin, ...tokens]; // the package would add it
      out[architecture].push({ prompt, embedding: [...(await context.getEmbeddingFor(prompt)).vector] });
    }
    await context.dispose();
  } else {
    for (const prompt of prompts) {
      const context = await model.createContext({ contextSize: 256, batchSize: 64, threads: 1, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32', flashAttention: false });
      const sequence = context.getSequence();
      const steps = [];
      let input = prompt.map((t, i) => (i + 1 === prompt.length ? [t, { generateNext: { token: true, probabilities: true, options: { temperature: 0 } } }] : t));
      for (let i = 0; i < generated; i++) {
        const result = await sequence.controlledEvaluate(input);
        const { token, probabilities } = result.at(-1).next;
        const best = [...probabilities].sort((a, b) => b[1] - a[1]).slice(0, top);
        steps.push({ token, ids: best.map((b) => b[0]), logprobs: best.map((b) => Math.log(b[1])) });
        input = [[token, { generateNext: { token: true, probabilities: true, options: { temperature: 0 } } }]];
      }
      out[architecture].push({ prompt, steps });
      await context.dispose();
    }
  }
  await model.dispose();
  console.log(architecture, out[architecture].length);
}
fs.mkdirSync('../../model/testdata', { recursive: true });
fs.writeFileSync('../../model/testdata/llamacpp.json', JSON.stringify(out).replaceAll('{"token"', '\n{"token"') + '\n');
fs.rmSync(dir, { recursive: true });
await llama.dispose();
