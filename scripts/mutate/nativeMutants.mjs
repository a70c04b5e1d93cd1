/**
 * Small mistakes that can be made in C++: finds them in a source by its tokens. No compiler helps, so some of the changed sources do not compile,
 * and native.mjs leaves those out.
 *
 * Never changed are comments, preprocessor lines, texts, `static_assert`, attributes, template arguments (as far as tokens show them), `using`, and
 * declarations of types.
 */
import {
  argumentsOf,
  closing,
  isNumber,
  isWord,
  matching,
  opening,
  skippedTokens,
  statementEnd,
  tokensOf,
} from './nativeTokens.mjs';

/** @typedef {import('./nativeTokens.mjs').Token} Token */
/**
 * @typedef {object} Mutant
 * @property {string} file
 * @property {number} line counted from 1
 * @property {string} kind
 * @property {number} from offset of what is replaced
 * @property {number} to
 * @property {string} was
 * @property {string} becomes
 */

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

/** A statement that begins with one of these is not left out: it declares, or it steers. `break;`, `continue;` and `return;` are left out all the same. */
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
  const text = new Text(source);
  return text.tokens.flatMap((_, at) =>
    text.skipped.has(at)
      ? []
      : [
          ...changedWords(text, at),
          ...turnedConditions(text, at),
          ...swappedArguments(text, at),
          ...missingStatements(text, at),
          ...swappedBranches(text, at),
        ].map((change) => ({ file, ...change })),
  );
}

/** @typedef {Omit<Mutant, 'file'>} Change */

/** A source, its tokens, and how its brackets pair. */
class Text {
  #source;

  /** @param {string} source */
  constructor(source) {
    this.#source = source;
    this.tokens = tokensOf(source);
    this.partners = matching(this.tokens);
    this.skipped = skippedTokens(this.tokens, this.partners);
  }

  /** @param {number} at */
  word(at) {
    return this.tokens[at]?.text ?? '';
  }

  /**
   * The source from one token to another, both included.
   *
   * @param {number} first
   * @param {number} last
   */
  between(first, last) {
    const end = /** @type {Token} */ (this.tokens[last]);
    return this.#source.slice(/** @type {Token} */ (this.tokens[first]).at, end.at + end.text.length);
  }

  /**
   * @param {string} kind
   * @param {number} first
   * @param {number} last
   * @param {string} becomes
   * @returns {Change}
   */
  change(kind, first, last, becomes) {
    const { at: from, line } = /** @type {Token} */ (this.tokens[first]);
    const was = this.between(first, last);
    return { line, kind, from, to: from + was.length, was, becomes };
  }
}

/**
 * Another operator, constant or sign.
 *
 * @param {Text} text
 * @param {number} at
 * @returns {Change[]}
 */
function changedWords(text, at) {
  const word = text.word(at);
  const before = text.word(at - 1);
  const binary = isWord(before) || isNumber(before) || before === ')' || before === ']';
  const stepping = word === '++' || word === '--';
  const mayChange = (binary || stepping) && before !== 'operator' && before !== 'return';
  const changes = mayChange ? (operators[word] ?? []).map((becomes) => text.change('operator', at, at, becomes)) : [];
  if (word === '!' && text.word(at + 1) !== '=') changes.push(text.change('negation', at, at, ''));
  if (word === 'true') changes.push(text.change('constant', at, at, 'false'));
  if (word === 'false') changes.push(text.change('constant', at, at, 'true'));
  if (isNumber(word) && !word.includes('.'))
    changes.push(text.change('constant', at, at, /^0[uUlLzZ]*$/.test(word) ? '1' : `(${word} + 1)`));
  return changes;
}

/**
 * The condition of an `if` or a `while` turned round, and taken for true and for false.
 *
 * @param {Text} text
 * @param {number} at
 * @returns {Change[]}
 */
function turnedConditions(text, at) {
  const word = text.word(at);
  if ((word !== 'if' && word !== 'while') || text.word(at + 1) !== '(') return [];
  const last = (text.partners.get(at + 1) ?? at + 1) - 1;
  const condition = text.between(at + 2, last);
  // `if (const auto x = …; …)` declares, and only its condition could be turned round.
  if (/^(const|auto)\b|;/.test(condition)) return [];
  const replacements = [`!(${condition})`, ...(word === 'if' ? ['true'] : []), 'false'];
  return replacements.map((becomes) => text.change('condition', at + 2, last, becomes));
}

/**
 * Arguments side by side, in the other order.
 *
 * @param {Text} text
 * @param {number} at
 * @returns {Change[]}
 */
function swappedArguments(text, at) {
  const before = text.word(at - 1);
  if (text.word(at) !== '(' || !isWord(before) || ['if', 'while', 'for', 'switch', 'sizeof'].includes(before)) return [];
  const parts = argumentsOf(text.tokens, text.partners, at);
  return parts.slice(1).flatMap((second, index) => {
    const first = /** @type {[number, number]} */ (parts[index]);
    const [a, b] = [text.between(...first), text.between(...second)];
    return a === b ? [] : [text.change('arguments', first[0], second[1], `${b}, ${a}`)];
  });
}

/**
 * The statement that begins here, left out.
 *
 * @param {Text} text
 * @param {number} at
 * @returns {Change[]}
 */
function missingStatements(text, at) {
  if (![';', '{', '}', ')', 'else', ':'].includes(text.word(at - 1))) return [];
  const end = statementEnd(text.tokens, text.partners, at);
  const steers = ['break', 'continue', 'return'].includes(text.word(at)) && text.word(at + 1) === ';';
  return end !== undefined && (steers || mayGo(text.tokens, at, end)) ? [text.change('statement', at, end, ';')] : [];
}

/**
 * `a ? b : c` to `a ? c : b`, where b and c are short enough for tokens to tell where they end.
 *
 * @param {Text} text
 * @param {number} mark the question mark
 * @returns {Change[]}
 */
function swappedBranches(text, mark) {
  const { tokens, partners } = text;
  if (text.word(mark) !== '?') return [];
  const colon = tokens.findIndex((token, at) => at > mark && token.text === ':');
  if (colon < 0) return [];
  let end = colon + 1;
  for (; end < tokens.length; end += 1) {
    const word = text.word(end);
    if (word === '?') return [];
    if (word === ';' || word === ',' || closing.has(word)) break;
    if (opening.has(word)) end = partners.get(end) ?? end;
  }
  if (colon === mark + 1 || end === colon + 1 || end > tokens.length) return [];
  const [yes, no] = [text.between(mark + 1, colon - 1), text.between(colon + 1, end - 1)];
  return [text.change('operator', mark + 1, end - 1, `${no} : ${yes}`)];
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
