// Small tokenizers in the styles of GPT-2, Llama 3, Qwen 2, Llama 2, BERT, T5 and
// XLM-RoBERTa.
import fs from 'node:fs';
import { charsmap, rules } from './charsmap.mjs';
import { sentences, awkward } from './strings.mjs';

const corpus =
  fs.readFileSync('../../internal/trainer/corpus/questions.txt', 'utf8') +
  fs.readFileSync('../../internal/trainer/corpus/texts.txt', 'utf8') +
  (sentences.join('\n') + '\n' + awkward.join(' ') + '\n').repeat(4);

const utf8 = new TextEncoder();
const spell = (() => {
  const out = [];
  let n = 0;
  for (let b = 0; b < 256; b++) {
    const printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    out.push(String.fromCodePoint(printable ? b : 256 + n++));
  }
  return out;
})();

function count(list) {
  const out = new Map();
  for (const x of list) out.set(x, (out.get(x) ?? 0) + 1);
  return out;
}

// bpe joins the most frequent pair, the smallest of equals, until there are n merges.
function bpe(words, n) {
  const items = [...words].map(([w, c]) => [w, c]);
  const merges = [];
  while (merges.length < n) {
    const pairs = new Map();
    for (const [w, c] of items) for (let i = 0; i + 1 < w.length; i++) { const k = w[i] + '\u0001' + w[i + 1]; pairs.set(k, (pairs.get(k) ?? 0) + c); }
    let best = null, most = 1;
    for (const [k, c] of pairs) if (c > most || (c === most && best !== null && k < best)) { best = k; most = c; }
    if (best === null) break;
    const [a, b] = best.split('\u0001');
    merges.push([a, b]);
    for (const item of items) {
      const w = item[0], out = [];
      for (let i = 0; i < w.length; i++) if (i + 1 < w.length && w[i] === a && w[i + 1] === b) { out.push(a + b); i++; } else out.push(w[i]);
      item[0] = out;
    }
  }
  return merges;
}

const added = (list, from) => list.map((content, i) => ({ id: from + i, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }));
const head = { version: '1.0', truncation: null, padding: null };
const bpeModel = { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false };
const template = (before, after, ids) => ({
  type: 'TemplateProcessing',
  single: [...before.map((id) => ({ SpecialToken: { id, type_id: 0 } })), { Sequence: { id: 'A', type_id: 0 } }, ...after.map((id) => ({ SpecialToken: { id, type_id: 0 } }))],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
  special_tokens: Object.fromEntries([...before, ...after].map((t) => [t, { id: t, ids: [ids[t]], tokens: [t] }])),
});

export function tokenizers() {
  const out = {};
  const words = count(corpus.match(/'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu));
  const bytes = new Map([...words].map(([w, c]) => [[...utf8.encode(w)].map((b) => spell[b]), c]));
  const merges = bpe(bytes, 700);
  const vocab = {};
  for (const s of spell) vocab[s] = Object.keys(vocab).length;
  for (const [a, b] of merges) vocab[a + b] ??= Object.keys(vocab).length;
  const n = Object.keys(vocab).length;

  out.gpt2 = { ...head, added_tokens: added(['<|endoftext|>'], n), normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { ...bpeModel, vocab, merges: merges.map(([a, b]) => a + ' ' + b) } };

  const special = ['<|begin_of_text|>', '<|end_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'];
  const llama3 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
  out.llama3 = { ...head, added_tokens: added(special, n), normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: llama3 }, behavior: 'Isolated', invert: false }, { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }] },
    post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true }, template(['<|begin_of_text|>'], [], { '<|begin_of_text|>': n })] },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { ...bpeModel, ignore_merges: true, vocab, merges } };

  const qwen2 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
  out.qwen2 = { ...out.llama3, added_tokens: added(['<|endoftext|>', '<|im_start|>', '<|im_end|>'], n), normalizer: { type: 'NFC' },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: qwen2 }, behavior: 'Isolated', invert: false }, { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }] },
    post_processor: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: { ...bpeModel, ignore_merges: false, vocab, merges: merges.map(([a, b]) => a + ' ' + b) } };

  const spaced = count(corpus.match(/ ?\S+/gu).map((w) => w.replaceAll(' ', '▁')));
  const merges2 = bpe(new Map([...spaced].map(([w, c]) => [[...w], c])), 500);
  const v2 = { '<unk>': 0, '<s>': 1, '</s>': 2 };
  for (let b = 0; b < 256; b++) v2['<0x' + b.toString(16).toUpperCase().padStart(2, '0') + '>'] = 3 + b;
  const chars = new Set(['▁', ...[...corpus].filter((c) => c > ' ' && c.codePointAt(0) < 0x700)]);
  for (const c of [...chars].sort()) v2[c] ??= Object.keys(v2).length;
  const known = merges2.filter(([a, b]) => [...(a + b)].every((c) => chars.has(c)));
  for (const [a, b] of known) v2[a + b] ??= Object.keys(v2).length;
  out.llama2 = { ...head, added_tokens: added(['<unk>', '<s>', '</s>'], 0),
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] },
    pre_tokenizer: null, post_processor: template(['<s>'], [], { '<s>': 1 }),
    decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
    model: { ...bpeModel, unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab: v2, merges: known.map(([a, b]) => a + ' ' + b) } };

  const wp = { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, '[MASK]': 4 };
  const lower = corpus.toLowerCase();
  for (const c of [...new Set(lower.normalize('NFD'))].filter((c) => !/[\s\p{C}\p{Mn}]/u.test(c)).sort()) { wp[c] ??= Object.keys(wp).length; wp['##' + c] ??= Object.keys(wp).length; }
  for (const [w] of [...count(lower.match(/[a-z]+/g))].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 400)) { wp[w] ??= Object.keys(wp).length; if (w.length < 5) wp['##' + w] ??= Object.keys(wp).length; }
  out.bert = { ...head, added_tokens: added(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'], 0),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' }, post_processor: template(['[CLS]'], ['[SEP]'], { '[CLS]': 2, '[SEP]': 3 }),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: wp } };

  const pieces = [['<pad>', 0], ['</s>', 0], ['<unk>', 0]];
  const seen = count(corpus.match(/\S+/gu).flatMap((w) => { const r = [...('▁' + w)]; const parts = []; for (let i = 0; i < r.length; i++) for (let n = 1; n <= 6 && i + n <= r.length; n++) parts.push(r.slice(i, i + n).join('')); return parts; }));
  const total = [...seen.values()].reduce((a, b) => a + b, 0);
  for (const [p, c] of [...seen].filter(([p, c]) => ([...p].length === 1 && p.codePointAt(0) < 0x700) || c > 40).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) pieces.push([p, Math.round(Math.log(c / total) * 1e4) / 1e4]);
  out.unigram = { ...head, added_tokens: added(['<pad>', '</s>', '<unk>'], 0),
    normalizer: { type: 'NFKC' },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: template([], ['</s>'], { '</s>': 1 }),
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: { type: 'Unigram', unk_id: 2, byte_fallback: false, vocab: pieces } };

  out.xlmr = { ...out.unigram,
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Precompiled', precompiled_charsmap: charsmap(rules(corpus)) }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }] } };

  out.nmt = { ...out.unigram, normalizer: { type: 'Sequence', normalizers: [{ type: 'Nmt' }, { type: 'NFKC' }] } };
  return out;
}
