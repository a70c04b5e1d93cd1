/** Reads C++ as tokens: brackets, calls and statements, as far as they can be told without a compiler. */

/** @typedef {{ text: string, at: number, line: number }} Token */

const pattern =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^[ \t]*#(?:\\\n|[^\n])*|R"\(([\s\S]*?)\)"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[A-Za-z_]\w*|(?:0[xX][\da-fA-F']+|\d[\d']*)[uUlLzZ]*|<=>|<<=|>>=|->|::|\+\+|--|<<|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.\.|\[\[|\]\]|[^\s\w]/gm;

/**
 * The tokens of a source, comments and preprocessor lines left out.
 *
 * @param {string} source
 * @returns {Token[]}
 */
export function tokensOf(source) {
  const tokens = [];
  let line = 1;
  let counted = 0;
  for (const match of source.matchAll(pattern)) {
    for (; counted < match.index; counted += 1) if (source.charCodeAt(counted) === 10) line += 1;
    const text = match[0];
    if (/^(\/\/|\/\*|\s*#)/.test(text)) continue;
    tokens.push({ text, at: match.index, line });
  }
  return tokens;
}

export const opening = new Set(['(', '[', '{']);
export const closing = new Set([')', ']', '}']);
export const isWord = (/** @type {string | undefined} */ text) => text !== undefined && /^[A-Za-z_]\w*$/.test(text);
export const isNumber = (/** @type {string | undefined} */ text) => text !== undefined && /^\d/.test(text);

/**
 * The place of the other bracket, for the place of each bracket.
 *
 * @param {Token[]} tokens
 * @returns {Map<number, number>}
 */
export function matching(tokens) {
  const partners = new Map();
  /** @type {number[]} */
  const open = [];
  tokens.forEach(({ text }, at) => {
    if (opening.has(text)) open.push(at);
    if (!closing.has(text)) return;
    const start = open.pop();
    if (start === undefined) return;
    partners.set(start, at);
    partners.set(at, start);
  });
  return partners;
}

/**
 * The places of tokens that are no code that runs: assertions of the compiler, types, template arguments.
 *
 * @param {Token[]} tokens
 * @param {Map<number, number>} partners
 */
export function skippedTokens(tokens, partners) {
  /** @type {Set<number>} */
  const skipped = new Set();
  const skip = (/** @type {number} */ first, /** @type {number} */ last) => {
    for (let at = first; at <= last; at += 1) skipped.add(at);
  };
  tokens.forEach(({ text }, at) => {
    const after = tokens[at + 1]?.text;
    if (text === 'static_assert' && after === '(') skip(at, partners.get(at + 1) ?? at);
    if (text === 'using' || text === 'template')
      skip(
        at,
        tokens.findIndex((token, end) => end > at && /[;{>]/.test(token.text)),
      );
    // std::array<uint8_t, 4>, static_cast<T>, std::function<…>: these angle brackets are no comparison.
    if (
      text === '<' &&
      /^(array|vector|span|optional|unique_ptr|make_unique|map|unordered_map|deque|pair|tuple|min|max|clamp|static_cast|reinterpret_cast|const_cast|function|Ring|template|numeric_limits|exchange|get|initializer_list)$/.test(
        tokens[at - 1]?.text ?? '',
      )
    ) {
      let depth = 0;
      for (let end = at; end < tokens.length && end < at + 40; end += 1) {
        const inner = tokens[end]?.text;
        if (inner === '<') depth += 1;
        if (inner === '>') depth -= 1;
        if (inner === ';' || inner === '{') break;
        if (depth === 0) {
          skip(at, end);
          break;
        }
      }
    }
  });
  return skipped;
}

/**
 * The arguments of a call, first and last token of each.
 *
 * @param {Token[]} tokens
 * @param {Map<number, number>} partners
 * @param {number} open
 * @returns {[number, number][]}
 */
export function argumentsOf(tokens, partners, open) {
  const end = partners.get(open) ?? open;
  /** @type {[number, number][]} */
  const parts = [];
  let first = open + 1;
  for (let at = open + 1; at <= end; at += 1) {
    const text = tokens[at]?.text ?? '';
    if (at < end && opening.has(text)) {
      at = partners.get(at) ?? at;
      continue;
    }
    if (text !== ',' && at !== end) continue;
    if (at - 1 >= first) parts.push([first, at - 1]);
    first = at + 1;
  }
  return parts;
}

/**
 * The semicolon of the statement that begins at `first`; undefined if the statement has a block of its own.
 *
 * @param {Token[]} tokens
 * @param {Map<number, number>} partners
 * @param {number} first
 */
export function statementEnd(tokens, partners, first) {
  for (let at = first; at < tokens.length; at += 1) {
    const text = tokens[at]?.text ?? '';
    if (text === ';') return at;
    if (closing.has(text)) return undefined;
    if (opening.has(text)) at = partners.get(at) ?? at;
  }
  return undefined;
}
