'use strict';
// Which pages answer a query, and which of their sections. Pagefind finds the pages that have a word; a reader types
// questions: words that stand on no page, words that mean the same as those of the page, or a whole message.
const ranking = (() => {
  const HAN = /\p{Script=Han}/u;
  // How much a place says about a page, compared with a text that has the word often.
  const TITLE = 1.5, HEADING = 0.7, TEXT = 0.5, MESSAGE = 1, ADJACENT = 3, SYNONYM = 0.7;
  // Pages whose text is looked at, and how much of the best page's score one must have that lacks words of the query.
  const LOOKED_AT = 24, CLOSE = 0.4, SECTION_CLOSE = 0.6;

  // ---- The query: terms, each of words that mean the same ----

  const escaped = text => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  // Cancelling, cancelled, cancels: what they begin with.
  const stem = word => /^[a-z]+$/.test(word) ? word.replace(/(?<=^[a-z]{4,})(?:l?ing|l?ed|e?s|e)$/, '') : word;
  const pattern = phrase => HAN.test(phrase) ? escaped(phrase)
    : `(?<![a-z0-9_])${phrase.split(/\s+/).map(word => escaped(stem(word)) + '[\\w]*').join('\\s+')}`;
  const finder = words => new RegExp(words.map(pattern).join('|'), 'giu');

  const term = (words, means) => ({ words, means, found: finder(words) });

  // The groups of synonyms that the text names; their phrases are taken out of it, the longest first.
  function takeGroups(text, groups) {
    const phrases = groups.flatMap(group => group.map(phrase => ({ phrase, group }))).sort((a, b) => b.phrase.length - a.phrase.length);
    const named = new Map();
    for (const { phrase, group } of phrases) {
      const whole = HAN.test(phrase) ? escaped(phrase) : `(?<![a-z0-9_])${escaped(phrase)}(?:s|es|ed|ing)?(?![a-z0-9_])`;
      const left = text.replace(new RegExp(whole, 'gu'), ' ');
      if (left === text) continue;
      named.set(group, [...named.get(group) ?? [], phrase]);
      text = left;
    }
    return { text, named };
  }

  const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });
  const hanWords = text => [...segmenter.segment(text)].map(part => part.segment).filter(word => word.length > 1);

  // `tokio::spawn` as it is, and as its parts.
  function latinWords(text) {
    const whole = text.replace(/^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_]+$/gu, '');
    const parts = whole.split(/[^\p{L}\p{N}_]+/u).filter(part => part.length > 2);
    return whole.length > 1 && !parts.includes(whole) ? [whole, ...parts] : parts;
  }

  function termsOf(query, { groups, stops }) {
    const { text, named } = takeGroups(query.toLowerCase(), groups);
    const typed = text.match(/\p{Script=Han}+|[^\s\p{Script=Han}]+/gu) ?? [];
    const words = typed.flatMap(part => HAN.test(part) ? hanWords(part) : latinWords(part));
    const said = [...new Set([...words, ...[...named.values()].flat()])].filter(word => !stops.includes(word)).map(word => term([word]));
    const others = ([group, phrases]) => group.filter(phrase => !phrases.includes(phrase) && (inChinese || !HAN.test(phrase)));
    const meant = [...named].map(entry => term(others(entry), entry[1]));
    const terms = [...said, ...meant].filter(({ words }) => words.length);
    return terms.length ? terms : typed.map(word => term([word]));
  }

  // ---- The pages ----

  // What a query asked for, later ones ask for again: the reader is still typing. Nothing kept here is about one query.
  const searches = new Map(), pages = new Map();
  function once(kept, key, ask) {
    if (!kept.has(key)) {
      kept.set(key, ask());
      kept.get(key).catch(() => kept.delete(key));
    }
    return kept.get(key);
  }

  // Pagefind makes an excerpt of a page each time, which takes longest of all.
  async function load(result) {
    const page = await result.data();
    return { ...page, id: result.id, plain: plain(page.content) };
  }

  // By page: how well it has the term, the best page 1.
  async function scoresOf(pagefind, { words }, results) {
    const scores = new Map();
    for (const answer of await Promise.all(words.map(word => once(searches, word, () => pagefind.search(word))))) {
      const best = answer.results[0]?.score || 1;
      for (const result of answer.results) {
        results.set(result.id, result);
        scores.set(result.id, Math.max(scores.get(result.id) ?? 0, result.score / best));
      }
    }
    return scores;
  }

  // How much it says that a place has the term: most, if few have it. Synonyms say less than what was typed, if any page has that.
  function rarities(terms, counts, all) {
    const known = words => terms.some((term, at) => !term.means && words.includes(term.words[0]) && counts[at] > 0);
    return terms.map(({ means }, at) => (means && known(means) ? SYNONYM : 1) * Math.log(1 + all / Math.max(counts[at], 1)));
  }

  const plain = text => text.toLowerCase().replace(/\s+/g, ' ');
  const has = (term, text) => { term.found.lastIndex = 0; return term.found.test(text); };

  // Neighbours in the query that are neighbours on the page, as in a message that was pasted and names other files.
  function adjacent(query, text) {
    const words = plain(query).split(' ');
    const pairs = words.slice(1).map((word, at) => `${words[at]} ${word}`).filter(pair => !HAN.test(pair));
    return pairs.length ? pairs.filter(pair => text.includes(pair)).length / pairs.length : 0;
  }

  function scored(query, terms, { text, title, heading }, page) {
    const headings = sections(page).map(section => section.title).join('\n');
    const all = terms.reduce((sum, term, at) => sum + text.rarity[at], 0);
    let score = 0, lacks = 0;
    terms.forEach((term, at) => {
      if (!has(term, page.content)) { lacks += !term.means; return; }
      score += text.rarity[at] * (TEXT + (text.scores[at].get(page.id) ?? 0));
      if (has(term, page.meta.title)) score += TITLE * title[at];
      if (has(term, headings)) score += HEADING * heading[at];
    });
    if (page.plain.includes(plain(query))) score += all * MESSAGE;
    score += all * ADJACENT * adjacent(query, page.plain) ** 2;
    return { page, score, lacks };
  }

  /** The pages for a query, best first, and whether there are others that have less of it. */
  async function pagesFor(pagefind, query, words, everything) {
    const terms = termsOf(query, words), results = new Map();
    const scores = await Promise.all(terms.map(term => scoresOf(pagefind, term, results)));
    const rarity = rarities(terms, scores.map(found => found.size), results.size);
    const base = id => scores.reduce((sum, found, at) => sum + rarity[at] * (found.get(id) ?? 0), 0);
    const ids = [...results.keys()].sort((a, b) => base(b) - base(a));
    const looked = await Promise.all((everything ? ids : ids.slice(0, LOOKED_AT)).map(id => once(pages, id, () => load(results.get(id)))));
    const within = textOf => rarities(terms, terms.map(term => looked.filter(page => has(term, textOf(page))).length), looked.length);
    const places = { text: { scores, rarity }, title: within(page => page.meta.title), heading: within(page => sections(page).map(({ title }) => title).join('\n')) };
    const rated = looked.map(page => scored(query, terms, places, page)).sort((a, b) => b.score - a.score);
    const close = ({ score, lacks }) => score > 0 && (everything || !lacks || score >= CLOSE * rated[0].score);
    const kept = rated.filter(close).map(({ page }) => page);
    return { terms, rarity, pages: kept, more: kept.length < ids.length };
  }

  // ---- The sections of a page ----

  function sections(page) {
    if (page.sections) return page.sections;
    const words = page.raw_content.split(page.raw_content.includes('\u200B') ? '\u200B' : /\s+/);
    const joiner = page.raw_content.includes('\u200B') ? '' : ' ';
    const heads = page.anchors.filter(({ element, text }) => /^h[1-6]$/.test(element) && text.trim()).sort((a, b) => a.location - b.location);
    page.sections = heads.map(({ element, id, text, location }, at) => ({
      title: text.trim(),
      url: element === 'h1' ? page.url : `${page.url}#${id}`,
      text: words.slice(location, heads[at + 1]?.location).join(joiner).trim(),
    }));
    return page.sections;
  }

  /** The sections that have most of the terms, best first; not the one that is the page's title and its first words. */
  function sectionsFor({ terms, rarity }, page, most) {
    const rated = sections(page).slice(1).map(section => ({ section, score: terms.reduce((sum, term, at) =>
      sum + rarity[at] * ((has(term, section.title) ? TITLE : 0) + (has(term, section.text) ? 1 : 0)), 0) }));
    rated.sort((a, b) => b.score - a.score);
    return rated.filter(({ score }) => score > 0 && score >= SECTION_CLOSE * rated[0].score).slice(0, most).map(({ section }) => section);
  }

  /** The part of a text that has most of the terms, as a list of texts: each second one is a word of the query. */
  function excerpt({ terms }, text, length) {
    const marks = finder(terms.flatMap(({ words }) => words));
    const places = [...text.matchAll(marks)];
    const terms_within = start => terms.filter(term => has(term, text.slice(start, start + length))).length;
    const starts = places.slice(0, 40).map(({ index }) => Math.max(0, index - length / 5));
    const best = starts.reduce((best, start) => terms_within(start) > terms_within(best) ? start : best, starts[0] ?? 0);
    const from = best && text.indexOf(' ', best) >= 0 && !HAN.test(text.slice(best, best + 20)) ? text.indexOf(' ', best) + 1 : Math.round(best);
    const cut = text.slice(from, from + length).replace(/(?<=\s)\S*$/, part => HAN.test(part) ? part : '');
    const shown = `${from ? '… ' : ''}${cut.trim()}${from + length < text.length ? ' …' : ''}`;
    const parts = [];
    let at = 0;
    for (const { index, 0: word } of shown.matchAll(marks)) {
      parts.push(shown.slice(at, index), word);
      at = index + word.length;
    }
    return [...parts, shown.slice(at)];
  }

  return { pagesFor, sectionsFor, excerpt };
})();
