// Writes tokenizers, strings and what @huggingface/tokenizers makes of them.
import fs from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import { all } from './strings.mjs';
import { tokenizers } from './train.mjs';

const dir = '../../tokenizer/testdata/';
fs.mkdirSync(dir, { recursive: true });
const strings = all();
const text = (s) => s.text ?? new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(s.hex, 'hex'));
fs.writeFileSync(dir + 'strings.json', JSON.stringify(strings, null, 0).replaceAll('},', '},\n') + '\n');
for (const [name, file] of Object.entries(tokenizers())) {
  fs.writeFileSync(dir + name + '.json', JSON.stringify(file) + '\n');
  const t = new Tokenizer(file, { tokenizer_class: 'PreTrainedTokenizerFast' });
  const golden = strings.map((s) => {
    const ids = t.encode(text(s)).ids;
    return { ids, text: ids.length ? t.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false }) : '' };
  });
  fs.writeFileSync(dir + name + '.golden.json', JSON.stringify(golden).replaceAll('},', '},\n') + '\n');
  console.log(name, golden.length, 'strings', golden.reduce((n, g) => n + g.ids.length, 0), 'tokens');
}
