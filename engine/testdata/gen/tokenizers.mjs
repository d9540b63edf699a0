// Writes tokenizers, strings and what the original, Hugging Face's library in
// Rust, makes of them.
import fs from 'node:fs';
import { Tokenizer } from 'tokenizers';
import { all } from './strings.mjs';
import { tokenizers } from './train.mjs';

const dir = '../../tokenizer/testdata/';
fs.mkdirSync(dir, { recursive: true });
const strings = all();
const text = (s) => s.text ?? new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(s.hex, 'hex'));
fs.writeFileSync(dir + 'strings.json', JSON.stringify(strings, null, 0).replaceAll('},', '},\n') + '\n');
for (const [name, file] of Object.entries(tokenizers())) {
  fs.writeFileSync(dir + name + '.json', JSON.stringify(file) + '\n');
  const t = Tokenizer.fromString(JSON.stringify(file));
  const golden = [];
  for (const s of strings) {
    const ids = (await t.encode(text(s), null, { addSpecialTokens: true })).getIds();
    golden.push({ ids, text: ids.length ? await t.decode(ids, true) : '' });
  }
  fs.writeFileSync(dir + name + '.golden.json', JSON.stringify(golden).replaceAll('},', '},\n') + '\n');
  console.log(name, golden.length, 'strings', golden.reduce((n, g) => n + g.ids.length, 0), 'tokens');
}
