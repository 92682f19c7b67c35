/*
 * agent_literals.js - what texts a regular expression needs.
 *
 *     needed('(?:Foo|Bar)Bot/(\\d+)', 3)     ['foobot/', 'barbot/']
 *     needed('\\d+', 3)                      null: nothing in particular
 *
 * Whatever the expression matches holds at least one of the texts, small and capital letters alike.
 * The way of RE2's prefilter: of each part either all texts that it can be (`exact`), or some of
 * which one must be inside (`holds`), or neither.
 */
'use strict'

const EXACT_MAX = 24
const CLASS_MAX = 6
const CLASSES = { d: '0123456789', w: null, s: null, D: null, W: null, S: null }
const UNKNOWN = { exact: null, holds: null }
const EMPTY = { exact: [''], holds: null }

const unique = list => Array.from(new Set(list))
const shortest = list => Math.min(...list.map(text => text.length))

/* Of two lists, both of which hold, the one that says more. */
function better(a, b) {
  if (!a || !b) return a || b
  const first = shortest(a)
  const second = shortest(b)
  return first > second || (first === second && a.length <= b.length) ? a : b
}

/* A list that says something. */
function held(part) {
  const exact = part.exact && shortest(part.exact) > 0 ? part.exact : null
  return better(exact, part.holds)
}

function either(parts) {
  if (parts.length === 1) return parts[0]
  if (parts.every(part => part.exact)) {
    const exact = unique(parts.flatMap(part => part.exact))
    if (exact.length <= EXACT_MAX) return { exact, holds: null }
  }
  const lists = parts.map(held)
  return lists.every(list => list) ? { exact: null, holds: unique(lists.flat()) } : UNKNOWN
}

function cross(a, b) {
  const exact = unique(a.flatMap(left => b.map(right => left + right)))
  return exact.length <= EXACT_MAX ? exact : null
}

function inSequence(parts) {
  let exact = ['']
  let holds = null
  let isWhole = true
  parts.forEach(part => {
    const joined = part.exact && cross(exact, part.exact)
    if (joined) {
      exact = joined
      return
    }
    isWhole = false
    holds = better(holds, held({ exact, holds: null }))
    holds = better(holds, part.holds)
    exact = part.exact || ['']
  })
  return isWhole ? { exact, holds } : { exact: null, holds: better(holds, held({ exact, holds: null })) }
}

class Reader {
  constructor(pattern) {
    this.text = pattern
    this.at = 0
  }

  get isOver() {
    return this.at >= this.text.length
  }

  takes(text) {
    const does = this.text.startsWith(text, this.at)
    if (does) this.at += text.length
    return does
  }

  alternatives() {
    const parts = [this.sequence()]
    while (this.takes('|')) parts.push(this.sequence())
    return either(parts)
  }

  sequence() {
    const parts = []
    while (!this.isOver && this.text[this.at] !== '|' && this.text[this.at] !== ')') {
      parts.push(this.repeated(this.atom()))
    }
    return inSequence(parts)
  }

  repeated(part) {
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})[?+]?/.exec(this.text.slice(this.at))
    if (!found) return part
    this.at += found[0].length
    const isOptional = found[1] === '?' || (found[2] === '0' && found[4] === '1')
    if (isOptional) {
      const exact = part.exact && unique(part.exact.concat(''))
      return exact && exact.length <= EXACT_MAX ? { exact, holds: null } : UNKNOWN
    }
    const isNeeded = found[1] === '+' || Number(found[2]) > 0
    return isNeeded ? { exact: null, holds: held(part) } : UNKNOWN
  }

  atom() {
    if (this.takes('(')) return this.group()
    if (this.takes('[')) return this.set()
    if (this.takes('\\')) return this.escape()
    const char = this.text[this.at++]
    if (char === '^' || char === '$') return EMPTY
    if (char === '.') return UNKNOWN
    return this.literal(char)
  }

  literal(char) {
    /* Bytes that are no ASCII have no small letters here; nothing is said of them. */
    return char.charCodeAt(0) > 126 ? UNKNOWN : { exact: [char.toLowerCase()], holds: null }
  }

  group() {
    const isLook = /^\?(?:[=!]|<[=!])/.test(this.text.slice(this.at))
    const mark = /^\?(?:[:=!>]|<[=!]|i:)/.exec(this.text.slice(this.at))
    if (mark) this.at += mark[0].length
    else if (this.text[this.at] === '?') throw new Error('group not understood: ' + this.text)
    const inside = this.alternatives()
    if (!this.takes(')')) throw new Error('a group has no end: ' + this.text)
    return isLook ? EMPTY : inside
  }

  escape() {
    const char = this.text[this.at++]
    if (char === 'b' || char === 'B') return EMPTY
    if (char in CLASSES || /[0-9xuUpP]/.test(char)) return UNKNOWN
    return /[a-zA-Z]/.test(char) ? UNKNOWN : this.literal(char)
  }

  set() {
    const begin = this.at
    const isNegated = this.takes('^')
    let chars = []
    let isSmall = !isNegated
    for (let first = true; first || this.text[this.at] !== ']'; first = false) {
      if (this.isOver) throw new Error('a class has no end: ' + this.text.slice(begin))
      let char = this.text[this.at++]
      if (char === '\\') {
        char = this.text[this.at++]
        if (/[a-zA-Z0-9]/.test(char)) isSmall = false
      }
      const isRange = this.text[this.at] === '-' && this.text[this.at + 1] !== ']'
      if (isRange) isSmall = false
      chars.push(char)
    }
    this.at++
    chars = unique(chars.map(char => char.toLowerCase()))
    const isKnown = isSmall && chars.length <= CLASS_MAX && chars.every(char => char.charCodeAt(0) < 127)
    return isKnown ? { exact: chars, holds: null } : UNKNOWN
  }
}

/* null, or texts of at least that many bytes, in small letters. */
function needed(pattern, leastBytes) {
  const reader = new Reader(pattern)
  const part = reader.alternatives()
  if (!reader.isOver) throw new Error('not understood from ' + reader.at + ' on: ' + pattern)
  const list = held(part)
  return list && shortest(list) >= leastBytes ? list : null
}

module.exports = { needed }
