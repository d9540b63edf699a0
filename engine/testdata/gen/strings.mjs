// The strings that tokenizers are compared on: sentences in twelve scripts, texts
// that are awkward by construction, mixtures of both, and broken UTF-8.

export const sentences = [
  'The quick brown fox jumps over the lazy dog.',
  'Über naïve Café-Gäste schrieb Zoë façade, Ænima und Łódź.',
  'Ελληνικά: η γρήγορη καφέ αλεπού πηδάει πάνω από το σκυλί.',
  'Русский язык: быстрая лиса прыгает через ленивую собаку.',
  'עברית: השועל המהיר קופץ מעל הכלב העצלן.',
  'العربية: الثعلب السريع يقفز فوق الكلب الكسول.',
  'हिन्दी: तेज़ लोमड़ी आलसी कुत्ते के ऊपर कूदती है।',
  'ภาษาไทย: สุนัขจิ้งจอกกระโดดข้ามสุนัขขี้เกียจ',
  '日本語: 素早い茶色の狐がのろまな犬を飛び越える。カタカナも。',
  '中文：敏捷的棕色狐狸跳过了懒狗。',
  '한국어: 빠른 갈색 여우가 게으른 개를 뛰어넘는다.',
  'Հայերեն. արագ աղվեսը ցատկում է ծույլ շան վրայով։',
  'ქართული: სწრაფი მელა ახტება ზარმაც ძაღლს.',
  'தமிழ்: விரைவான நரி சோம்பேறி நாயைத் தாண்டுகிறது.',
];

export const awkward = [
  '', ' ', '  ', '   x', 'x   ', '\n', '\n\n\n', '\t\tx', '\r\n', ' \n \n ', 'a', 'A', '.', '...', '0', '1234567890', '3.14159', '1,000,000',
  "I'm sure they've said it's 12345!", "DON'T SHOUT'LL", "'s 't 're", '’s curly', 'snake_case_name camelCase HTTPServer', '----====****',
  'http://example.com/a?b=c&d=e#f', 'func main() {\n\tfmt.Println("hi")\n}\n', '{"role": "user", "content": "<a & b>"}',
  '🙂🚀', '👩‍👩‍👧‍👦', '🇩🇪🇫🇷', '👍🏽', '❤️', '﷽', 'ﬁ ligature ½ ① ﷺ', 'e\u0301 vs é', 'n\u0303\u0323', '\u00a0nbsp', 'zero\u200bwidth', '\ufeffbom',
  '\u202eright-to-left override\u202c', '\u0000nul', 'bell\u0007', '\u001b[31mred\u001b[0m', 'del\u007f', 'c1\u0085next', '\u2028line\u2029paragraph', '\ufffd',
  '\u3000ideographic\u3000space', 'ＦＵＬＬＷＩＤＴＨ', 'Ǆ ǅ ǆ', 'İstanbul ıIiİ', 'ẞß', 'ΣΑΣ σας', '①②③', 'Ⅳ', '٣٤٥', '१२३', '𝒳𝓎𝓏', '𠮷野家', '\u{1F9D1}\u{200D}\u{1F680}', 'a\u0300\u0301\u0302',
  '<|begin_of_text|>', 'x<|end_of_text|>y', '</s><s>', '[CLS] x [SEP]', '[MASK]', '<unk>', '<0x41>', '▁', '▁▁x ▁', '##ing', 'Ġword', '<|end', '[ CLS ]',
  'a'.repeat(200), 'ab'.repeat(70), ' '.repeat(50), '\n'.repeat(20), 'é'.repeat(60), '🙂'.repeat(20), '1'.repeat(30), '!'.repeat(33), 'supercalifragilisticexpialidocious',
];

// Broken UTF-8, as bytes in hex.
export const broken = [
  'ff', '80', 'c3', 'c328', 'a0a1', 'e282', 'e28228', 'e228a1', 'f0908c', 'f0908c28', 'f028bc', 'f8a1a1a1a1', 'c0af', 'eda080', 'f4908080',
  '61c3', '61ff62', 'e697a5e6', 'e69761', 'f09f99', '20f09f20', 'c3a9c3', '616263f0', 'feff0041', '00c0',
];

// A small generator of repeatable random numbers (mulberry32).
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// All strings as {text} or {hex}, 500 together.
export function all() {
  const out = [...sentences, ...awkward].map((text) => ({ text }));
  out.push(...broken.map((hex) => ({ hex })));
  const next = random(1);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const cut = (s) => {
    const runes = [...s];
    const from = Math.floor(next() * runes.length);
    return runes.slice(from, from + 1 + Math.floor(next() * 24)).join('');
  };
  const glue = ['', ' ', '  ', '\n', '. ', '\t', '-', '\u00a0'];
  while (out.length < 500) {
    let text = '';
    const parts = 1 + Math.floor(next() * 4);
    for (let i = 0; i < parts; i++) text += cut(pick(next() < 0.6 ? sentences : awkward) || 'x') + pick(glue);
    out.push({ text });
  }
  return out;
}
