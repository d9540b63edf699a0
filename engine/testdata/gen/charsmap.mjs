// Builds a precompiled_charsmap as sentencepiece stores it (src/normalizer.cc):
// the size of a double-array trie in bytes, the trie, then the replacements, each
// ended by a zero byte. The rules are those of nmt_nfkc for the given characters.

// rules maps characters, and letters with the marks that they compose with.
export function rules(text) {
  const out = new Map();
  const runes = new Set([...text]);
  for (const [from, to] of [[0xa0, 0x180], [0x2000, 0x2200], [0x2460, 0x2500], [0x3000, 0x3400], [0xfb00, 0xfb50], [0xfe70, 0xff00], [0xff00, 0xffe7]])
    for (let c = from; c < to; c++) runes.add(String.fromCodePoint(c));
  for (const r of runes) if (r.normalize('NFKC') !== r) out.set(r, r.normalize('NFKC'));
  for (let c = 0xc0; c < 0x250; c++) {
    const r = String.fromCodePoint(c), parts = r.normalize('NFD');
    if (parts !== r && parts.normalize('NFC') === r) out.set(parts, r);
  }
  for (const c of [9, 10, 12, 13, 0x1680, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff, 0xfffd]) out.set(String.fromCodePoint(c), ' ');
  for (let c = 1; c < 0x20; c++) if (![9, 10, 12, 13].includes(c)) out.set(String.fromCodePoint(c), '');
  for (const c of [0x7f, 0x8f, 0x9f]) out.set(String.fromCodePoint(c), '');
  return out;
}

export function charsmap(map) {
  const texts = [], offsets = new Map();
  let size = 0;
  const root = { next: new Map() };
  for (const [key, value] of [...map].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    if (!offsets.has(value)) { offsets.set(value, size); const b = Buffer.from(value + '\0'); texts.push(b); size += b.length; }
    let node = root;
    for (const byte of Buffer.from(key)) { if (!node.next.has(byte)) node.next.set(byte, { next: new Map() }); node = node.next.get(byte); }
    node.value = offsets.get(value);
  }
  const units = [], used = new Set([0]);
  // place finds a base whose cells are free; a child's cell is base ^ label, a value's base ^ 0.
  const place = (node, at) => {
    const labels = [...node.next.keys()];
    if (node.value !== undefined) labels.push(0);
    let base = 1;
    while (labels.some((l) => used.has(base ^ l))) base++;
    for (const l of labels) used.add(base ^ l);
    const offset = base ^ at;
    if (offset >= 1 << 21) throw new Error('the trie is too large');
    units[at] = ((units[at] ?? 0) | (offset << 10) | (node.value !== undefined ? 1 << 8 : 0)) >>> 0;
    if (node.value !== undefined) units[base] = (node.value | (1 << 31)) >>> 0;
    for (const [label, child] of node.next) { units[base ^ label] = label; place(child, base ^ label); }
  };
  place(root, 0);
  const trie = Buffer.alloc(4 * (Math.max(...used) + 1));
  for (const i of used) trie.writeUInt32LE(units[i] ?? 0, 4 * i);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(trie.length);
  return Buffer.concat([head, trie, ...texts]).toString('base64');
}
