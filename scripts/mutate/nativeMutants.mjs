/**
 * Small mistakes that can be made in C++: finds them in a source by its tokens. No compiler helps, so some of them do not compile, and
 * whoever tries them leaves those out.
 *
 * Left out by rule: comments, preprocessor lines, texts, `static_assert`, attributes, template arguments (as far as tokens show them),
 * `#include` and `using`, and declarations of types.
 */

/**
 * @typedef {{ text: string, at: number, line: number }} Token
 * @typedef {object} Mutant
 * @property {string} file
 * @property {number} line counted from 1
 * @property {string} kind
 * @property {number} from offset of what is replaced
 * @property {number} to
 * @property {string} was
 * @property {string} becomes
 */

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

/** @type {Record<string, string[]>} */
const operators = {
  '<': ['<='],
  '<=': ['<'],
  '>': ['>='],
  '>=': ['>'],
  '==': ['!='],
  '!=': ['=='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '/': ['*'],
  '%': ['/'],
  '<<': ['>>'],
  '+=': ['-='],
  '-=': ['+='],
  '|=': ['&='],
  '&=': ['|='],
  '++': ['--'],
  '--': ['++'],
  '|': ['&'],
};

const opening = new Set(['(', '[', '{']);
const closing = new Set([')', ']', '}']);
const isWord = (/** @type {string | undefined} */ text) => text !== undefined && /^[A-Za-z_]\w*$/.test(text);
const isNumber = (/** @type {string | undefined} */ text) => text !== undefined && /^\d/.test(text);

/** What a statement may not begin with, if it is to be taken away: declarations and what steers. `break`, `continue` and `return;` may. */
const keepsStatement = new Set(
  'return if else for while do switch case default using namespace template class struct enum typedef const constexpr static auto public private protected friend union extern inline virtual explicit operator goto throw try static_assert'.split(
    ' ',
  ),
);

/**
 * All mutants of one source, in the order of the text.
 *
 * @param {string} file shown and kept in each mutant
 * @param {string} source
 * @returns {Mutant[]}
 */
export function nativeMutants(file, source) {
  const tokens = tokensOf(source);
  const partners = matching(tokens);
  const skipped = skippedTokens(tokens, partners);
  /** @type {Mutant[]} */
  const mutants = [];
  /** @type {(kind: string, first: number, last: number, becomes: string) => void} */
  const add = (kind, first, last, becomes) => {
    const begin = /** @type {Token} */ (tokens[first]);
    const end = /** @type {Token} */ (tokens[last]);
    const to = end.at + end.text.length;
    mutants.push({ file, line: begin.line, kind, from: begin.at, to, was: source.slice(begin.at, to), becomes });
  };
  const textOf = (/** @type {number} */ first, /** @type {number} */ last) => {
    const end = /** @type {Token} */ (tokens[last]);
    return source.slice(/** @type {Token} */ (tokens[first]).at, end.at + end.text.length);
  };
  for (let i = 0; i < tokens.length; i += 1) {
    if (skipped.has(i)) continue;
    const { text } = /** @type {Token} */ (tokens[i]);
    const before = tokens[i - 1]?.text;
    const after = tokens[i + 1]?.text;
    const binary = isWord(before) || isNumber(before) || before === ')' || before === ']';
    const stepping = text === '++' || text === '--';
    for (const becomes of operators[text] ?? [])
      if ((binary || stepping) && before !== 'operator' && before !== 'return') add('operator', i, i, becomes);
    if (text === '!' && after !== '=') add('negation', i, i, '');
    if (text === 'true') add('constant', i, i, 'false');
    if (text === 'false') add('constant', i, i, 'true');
    if (isNumber(text) && !text.includes('.')) add('constant', i, i, /^0[uUlLzZ]*$/.test(text) ? '1' : `(${text} + 1)`);
    if ((text === 'if' || text === 'while') && after === '(') {
      const end = partners.get(i + 1) ?? i + 1;
      // `if (const auto x = …; …)` declares, and only its condition could be turned round.
      if (!/^(const|auto)\b|;/.test(textOf(i + 2, end - 1))) {
        const condition = textOf(i + 2, end - 1);
        add('condition', i + 2, end - 1, `!(${condition})`);
        if (text === 'if') add('condition', i + 2, end - 1, 'true');
        add('condition', i + 2, end - 1, 'false');
      }
    }
    if (text === '(' && isWord(before) && !['if', 'while', 'for', 'switch', 'sizeof'].includes(before ?? '')) {
      const parts = argumentsOf(tokens, partners, i);
      for (let p = 0; p + 1 < parts.length; p += 1) {
        const [first, second] = [/** @type {[number, number]} */ (parts[p]), /** @type {[number, number]} */ (parts[p + 1])];
        const [a, b] = [textOf(...first), textOf(...second)];
        if (a !== b) add('arguments', first[0], second[1], `${b}, ${a}`);
      }
    }
    if (before === ';' || before === '{' || before === '}' || before === ')' || before === 'else' || before === ':') {
      const end = statementEnd(tokens, partners, i);
      const steers = (text === 'break' || text === 'continue' || text === 'return') && after === ';';
      if (end !== undefined && (steers || mayGo(tokens, i, end))) add('statement', i, end, ';');
    }
    if (text === '?') {
      const colon = tokens.findIndex((token, at) => at > i && token.text === ':');
      if (colon > 0) mutants.push({ ...swapBranches(tokens, source, partners, i, colon), file });
    }
  }
  return mutants.filter((mutant) => mutant.from >= 0);
}

/**
 * Where each bracket's partner is.
 *
 * @param {Token[]} tokens
 * @returns {Map<number, number>}
 */
function matching(tokens) {
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
 * Tokens of what is left out by rule: what a compiler decides, and what is said to people.
 *
 * @param {Token[]} tokens
 * @param {Map<number, number>} partners
 */
function skippedTokens(tokens, partners) {
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
    // std::array<uint8_t, 4>, static_cast<T>, std::function<…>: what stands in angle brackets that are no comparison.
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
function argumentsOf(tokens, partners, open) {
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
 * The semicolon of the statement that begins at `first`, if it is one without a block of its own.
 *
 * @param {Token[]} tokens
 * @param {Map<number, number>} partners
 * @param {number} first
 */
function statementEnd(tokens, partners, first) {
  for (let at = first; at < tokens.length; at += 1) {
    const text = tokens[at]?.text ?? '';
    if (text === ';') return at;
    if (closing.has(text)) return undefined;
    if (opening.has(text)) at = partners.get(at) ?? at;
  }
  return undefined;
}

/**
 * Whether a statement does something that could be forgotten: a call, an assignment, a step. Declarations have two words in a row.
 *
 * @param {Token[]} tokens
 * @param {number} first
 * @param {number} end
 */
function mayGo(tokens, first, end) {
  const text = tokens[first]?.text ?? '';
  if (!(isWord(text) || text === '*' || text === '++' || text === '--' || text === '(') || keepsStatement.has(text)) return false;
  const inside = tokens.slice(first, end).map((token) => token.text);
  if (inside.some((word, at) => isWord(word) && isWord(inside[at + 1]) && !['new', 'delete', 'co_return'].includes(word)))
    return false;
  if (/^[*&]$/.test(inside[1] ?? '') && isWord(inside[2]) && inside[3] === '=') return false;
  if (inside[1] === '<' || /^(std|size_t|uint\d+_t|int\d+_t|bool|int)$/.test(text)) return inside.includes('(') && text === 'std';
  return inside.some((word) => word === '(' || /^([-+*/|&^]?=|\+\+|--)$/.test(word));
}

/**
 * `a ? b : c` to `a ? c : b`, where b and c are short enough for tokens to tell where they end.
 *
 * @param {Token[]} tokens
 * @param {string} source
 * @param {Map<number, number>} partners
 * @param {number} mark
 * @param {number} colon
 * @returns {Omit<Mutant, 'file'>}
 */
function swapBranches(tokens, source, partners, mark, colon) {
  const nothing = { line: 0, kind: 'operator', from: -1, to: -1, was: '', becomes: '' };
  let end = colon + 1;
  for (; end < tokens.length; end += 1) {
    const text = tokens[end]?.text ?? '';
    if (text === '?') return nothing;
    if (text === ';' || text === ',' || closing.has(text)) break;
    if (opening.has(text)) end = partners.get(end) ?? end;
  }
  const [first, lastOfFirst, second, last] = [tokens[mark + 1], tokens[colon - 1], tokens[colon + 1], tokens[end - 1]];
  if (!first || !lastOfFirst || !second || !last) return nothing;
  const yes = source.slice(first.at, lastOfFirst.at + lastOfFirst.text.length);
  const no = source.slice(second.at, last.at + last.text.length);
  const to = last.at + last.text.length;
  return { line: first.line, kind: 'operator', from: first.at, to, was: source.slice(first.at, to), becomes: `${no} : ${yes}` };
}
