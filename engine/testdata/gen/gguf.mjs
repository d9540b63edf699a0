// Writes a tiny Hugging Face checkpoint as GGUF (github.com/ggml-org/ggml,
// docs/gguf.md), in float32, for llama.cpp.
import fs from 'node:fs';

const types = { u32: 4, f32: 6, bool: 7, string: 8, array: 9 };

class Writer {
  parts = [];
  size = 0;
  push(b) { this.parts.push(b); this.size += b.length; }
  u32(v) { const b = Buffer.alloc(4); b.writeUInt32LE(v); this.push(b); }
  u64(v) { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(v)); this.push(b); }
  string(s) { const b = Buffer.from(s); this.u64(b.length); this.push(b); }
  value(type, v) {
    if (type === 'u32') this.u32(v);
    else if (type === 'f32') { const b = Buffer.alloc(4); b.writeFloatLE(v); this.push(b); }
    else if (type === 'i32') { const b = Buffer.alloc(4); b.writeInt32LE(v); this.push(b); }
    else if (type === 'bool') this.push(Buffer.from([v ? 1 : 0]));
    else this.string(v);
  }
  pair(key, type, v) { this.string(key); this.u32(types[type]); this.value(type, v); }
  list(key, type, values) { this.string(key); this.u32(types.array); this.u32(type === 'i32' ? 5 : types[type]); this.u64(values.length); for (const v of values) this.value(type, v); }
  pad(n) { const rest = this.size % n; if (rest) this.push(Buffer.alloc(n - rest)); }
}

function safetensors(file) {
  const data = fs.readFileSync(file);
  const n = Number(data.readBigUInt64LE(0));
  const header = JSON.parse(data.subarray(8, 8 + n));
  delete header.__metadata__;
  const out = {};
  for (const [name, t] of Object.entries(header)) {
    const [from, to] = t.data_offsets;
    const bytes = data.subarray(8 + n + from, 8 + n + to);
    out[name] = { shape: t.shape, values: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)) };
  }
  return out;
}

// interleave reorders the rows of a projection: llama.cpp turns neighbouring pairs
// for Llama where Hugging Face turns the halves of a head.
function interleave(t, heads) {
  const [rows, cols] = t.shape, dim = rows / heads, values = new Float32Array(t.values.length);
  for (let h = 0; h < heads; h++) for (let i = 0; i < dim / 2; i++) for (let j = 0; j < 2; j++)
    values.set(t.values.subarray((h * dim + j * dim / 2 + i) * cols, (h * dim + j * dim / 2 + i + 1) * cols), (h * dim + 2 * i + j) * cols);
  return { shape: t.shape, values };
}

const llamaNames = [
  [/^model\.embed_tokens\./, 'token_embd.'], [/^model\.norm\./, 'output_norm.'], [/^lm_head\./, 'output.'],
  [/^model\.layers\.(\d+)\.input_layernorm\./, 'blk.$1.attn_norm.'], [/^model\.layers\.(\d+)\.post_attention_layernorm\./, 'blk.$1.ffn_norm.'],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj\./, 'blk.$1.attn_$2.'], [/^model\.layers\.(\d+)\.self_attn\.o_proj\./, 'blk.$1.attn_output.'],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj\./, 'blk.$1.ffn_$2.'], [/^model\.layers\.(\d+)\.block_sparse_moe\.gate\./, 'blk.$1.ffn_gate_inp.'],
];
const mptNames = [
  [/^transformer\.wte\./, 'token_embd.'], [/^transformer\.norm_f\./, 'output_norm.'],
  [/^transformer\.blocks\.(\d+)\.norm_1\./, 'blk.$1.attn_norm.'], [/^transformer\.blocks\.(\d+)\.norm_2\./, 'blk.$1.ffn_norm.'],
  [/^transformer\.blocks\.(\d+)\.attn\.Wqkv\./, 'blk.$1.attn_qkv.'], [/^transformer\.blocks\.(\d+)\.attn\.out_proj\./, 'blk.$1.attn_output.'],
  [/^transformer\.blocks\.(\d+)\.ffn\.(up|down)_proj\./, 'blk.$1.ffn_$2.'], [/^transformer\.blocks\.(\d+)\.attn\.([qk])_ln\./, 'blk.$1.attn_$2_norm.'],
];
const bertNames = [
  [/^embeddings\.word_embeddings\./, 'token_embd.'], [/^embeddings\.position_embeddings\./, 'position_embd.'],
  [/^embeddings\.token_type_embeddings\./, 'token_types.'], [/^embeddings\.LayerNorm\./, 'token_embd_norm.'],
  [/^encoder\.layer\.(\d+)\.attention\.self\.(q|k|v)(?:uery|ey|alue)\./, 'blk.$1.attn_$2.'], [/^encoder\.layer\.(\d+)\.attention\.output\.dense\./, 'blk.$1.attn_output.'],
  [/^encoder\.layer\.(\d+)\.attention\.output\.LayerNorm\./, 'blk.$1.attn_output_norm.'], [/^encoder\.layer\.(\d+)\.intermediate\.dense\./, 'blk.$1.ffn_up.'],
  [/^encoder\.layer\.(\d+)\.output\.dense\./, 'blk.$1.ffn_down.'], [/^encoder\.layer\.(\d+)\.output\.LayerNorm\./, 'blk.$1.layer_output_norm.'],
];

export const architectures = {
  LlamaForCausalLM: { name: 'llama', names: llamaNames, interleaved: true },
  MistralForCausalLM: { name: 'llama', names: llamaNames, interleaved: true },
  MixtralForCausalLM: { name: 'llama', names: llamaNames, interleaved: true },
  Qwen2ForCausalLM: { name: 'qwen2', names: llamaNames },
  MPTForCausalLM: { name: 'mpt', names: mptNames },
  BertModel: { name: 'bert', names: bertNames },
};

// scaling writes config.json's rope_scaling as llama.cpp's converter does.
function scaling(c, a, dim, tensors, pair) {
  const s = c.rope_scaling;
  if (!s) return;
  const vector = (values) => ({ shape: [values.length], values: Float32Array.from(values) });
  if (s.rope_type === 'llama3') {
    const low = s.original_max_position_embeddings / s.low_freq_factor, high = s.original_max_position_embeddings / s.high_freq_factor;
    tensors['rope_freqs.weight'] = vector(Array.from({ length: dim / 2 }, (_, i) => {
      const wave = 2 * Math.PI * c.rope_theta ** ((2 * i) / dim);
      if (wave < high) return 1;
      if (wave > low) return s.factor;
      const smooth = (s.original_max_position_embeddings / wave - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
      return 1 / ((1 - smooth) / s.factor + smooth);
    }));
    return;
  }
  pair(a.name + '.rope.scaling.type', 'string', s.rope_type);
  if (s.rope_type === 'yarn') pair(a.name + '.rope.scaling.factor', 'f32', s.factor);
  pair(a.name + '.rope.scaling.original_context_length', 'u32', s.original_max_position_embeddings);
  if (s.rope_type === 'longrope') {
    pair(a.name + '.rope.scaling.attn_factor', 'f32', Math.sqrt(1 + Math.log(s.factor) / Math.log(s.original_max_position_embeddings)));
    tensors['rope_factors_long.weight'] = vector(s.long_factor);
    tensors['rope_factors_short.weight'] = vector(s.short_factor);
  }
}

export function write(dir, file, architecture) {
  const a = architectures[architecture.split('+')[0]];
  const c = JSON.parse(fs.readFileSync(dir + '/config.json'));
  const t = JSON.parse(fs.readFileSync(dir + '/tokenizer.json'));
  const source = safetensors(dir + '/model.safetensors');
  const heads = c.num_attention_heads ?? c.n_heads, kv = c.num_key_value_heads ?? heads, hidden = c.hidden_size ?? c.d_model;
  const tensors = {};
  const experts = {};
  for (const [name, tensor] of Object.entries(source)) {
    const expert = name.match(/^model\.layers\.(\d+)\.block_sparse_moe\.experts\.(\d+)\.w([123])\./);
    if (expert) { (experts[`blk.${expert[1]}.ffn_${{ 1: 'gate', 2: 'down', 3: 'up' }[expert[3]]}_exps.weight`] ??= [])[expert[2]] = tensor; continue; }
    let out = name, value = tensor;
    for (const [from, to] of a.names) out = out.replace(from, to);
    if (out === name) throw new Error('no name for ' + name);
    if (a.interleaved && /attn_q\.weight/.test(out)) value = interleave(tensor, heads);
    if (a.interleaved && /attn_k\.weight/.test(out)) value = interleave(tensor, kv);
    tensors[out] = value;
  }
  for (const [name, list] of Object.entries(experts)) {
    const values = new Float32Array(list.length * list[0].values.length);
    list.forEach((e, i) => values.set(e.values, i * e.values.length));
    tensors[name] = { shape: [list.length, ...list[0].shape], values };
  }
  const w = new Writer(), meta = new Writer();
  let pairs = 0;
  const pair = (key, type, v) => { meta.pair(key, type, v); pairs++; };
  const list = (key, type, v) => { meta.list(key, type, v); pairs++; };
  pair('general.architecture', 'string', a.name);
  pair('general.file_type', 'u32', 0);
  pair(a.name + '.context_length', 'u32', c.max_position_embeddings ?? c.max_seq_len);
  pair(a.name + '.embedding_length', 'u32', hidden);
  pair(a.name + '.block_count', 'u32', c.num_hidden_layers ?? c.n_layers);
  pair(a.name + '.feed_forward_length', 'u32', c.intermediate_size ?? 4 * c.d_model);
  pair(a.name + '.attention.head_count', 'u32', heads);
  pair(a.name + '.attention.head_count_kv', 'u32', kv);
  pair(a.name + '.vocab_size', 'u32', c.vocab_size);
  if (c.rms_norm_eps) pair(a.name + '.attention.layer_norm_rms_epsilon', 'f32', c.rms_norm_eps);
  else pair(a.name + '.attention.layer_norm_epsilon', 'f32', c.layer_norm_eps ?? 1e-5);
  if (c.rope_theta) { pair(a.name + '.rope.freq_base', 'f32', c.rope_theta); pair(a.name + '.rope.dimension_count', 'u32', hidden / heads); }
  scaling(c, a, hidden / heads, tensors, pair);
  if (c.attn_config?.clip_qkv) pair(a.name + '.attention.clamp_kqv', 'f32', c.attn_config.clip_qkv);
  if (c.attn_config) pair(a.name + '.attention.max_alibi_bias', 'f32', c.attn_config.alibi_bias_max);
  if (c.num_local_experts) { pair(a.name + '.expert_count', 'u32', c.num_local_experts); pair(a.name + '.expert_used_count', 'u32', c.num_experts_per_tok); }
  if (a.name === 'bert') { pair('bert.attention.causal', 'bool', false); pair('bert.pooling_type', 'u32', 1); pair('tokenizer.ggml.token_type_count', 'u32', 2); }
  const tokens = Object.entries(t.model.vocab).sort((x, y) => x[1] - y[1]).map(([s]) => s);
  for (const x of t.added_tokens) tokens[x.id] = x.content;
  pair('tokenizer.ggml.model', 'string', 'gpt2');
  pair('tokenizer.ggml.pre', 'string', 'llama-bpe');
  list('tokenizer.ggml.tokens', 'string', tokens);
  list('tokenizer.ggml.token_type', 'i32', tokens.map((_, i) => (i >= t.added_tokens[0].id ? 3 : 1)));
  list('tokenizer.ggml.merges', 'string', t.model.merges.map((m) => m.join(' ')));
  pair('tokenizer.ggml.bos_token_id', 'u32', t.added_tokens[0].id);
  pair('tokenizer.ggml.eos_token_id', 'u32', t.added_tokens[1].id);
  w.push(Buffer.from('GGUF')); w.u32(3); w.u64(Object.keys(tensors).length); w.u64(pairs);
  for (const p of meta.parts) w.push(p);
  let offset = 0;
  for (const [name, x] of Object.entries(tensors)) {
    w.string(name); w.u32(x.shape.length);
    for (const n of [...x.shape].reverse()) w.u64(n);
    w.u32(0); w.u64(offset);
    offset += Math.ceil((x.values.length * 4) / 32) * 32;
  }
  w.pad(32);
  for (const x of Object.values(tensors)) { w.push(Buffer.from(x.values.buffer, x.values.byteOffset, x.values.length * 4)); w.pad(32); }
  fs.writeFileSync(file, Buffer.concat(w.parts));
}
