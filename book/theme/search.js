'use strict';
// mdBook's search box, answered by Pagefind, which finds Chinese words. The index is made by ci/src/site/index.rs.
(function search() {
  const part = name => document.getElementById(`mdbook-${name}`);
  const wrapper = part('search-wrapper'), bar = part('searchbar'), toggle = part('search-toggle');
  const outer = part('searchresults-outer'), status = part('searchresults-header'), list = part('searchresults');
  if (!bar) return;

  const PAGES = 12, SECTIONS = 3, PAUSE_MS = 120;
  const index = new URL(`${path_to_root}../pagefind/pagefind.js`, location.href);
  const text = {
    off: word('Search is off: this copy of the guide was built without a search index.', '搜索不可用：构建这份文档时没有生成搜索索引。'),
    none: query => word(`Nothing found for “${query}”.`, `没有找到“${query}”。`),
    more: word('More results', '更多结果'),
    found: (count, query) => word(`${count} ${count === 1 ? 'result' : 'results'} for “${query}”`, `“${query}”：${count} 条结果`),
  };

  let loading;
  function load() {
    loading ??= import(index).then(async pagefind => {
      await pagefind.options({ excerptLength: 24 });
      await pagefind.init();
      return pagefind;
    });
    return loading;
  }

  function say(message) {
    status.textContent = message;
    list.replaceChildren();
    outer.classList.remove('hidden');
  }

  function open() {
    wrapper.classList.remove('hidden');
    toggle.setAttribute('aria-expanded', 'true');
    load().catch(() => say(text.off));
    scrollTo(0, 0);
    bar.focus();
    bar.select();
  }

  function close() {
    wrapper.classList.add('hidden');
    toggle.setAttribute('aria-expanded', 'false');
    toggle.focus();
  }

  // A word that the dictionary of Chinese words lacks is looked up as its single characters: 线程 would also
  // find 程序. So a page, and a section of it, must hold the words as they were typed, if any does.
  const HAN = /\p{Script=Han}/u;
  function exact(words, items, textOf) {
    const kept = items.filter(item => words.every(word => textOf(item).toLowerCase().includes(word)));
    return kept.length ? kept : items;
  }

  // A message that was pasted: the pages that have it whole come first, then those that have its words.
  function wholeFirst(query, pages) {
    const has = page => page.content.toLowerCase().replace(/\s+/g, ' ').includes(query.toLowerCase().replace(/\s+/g, ' '));
    return [...pages.filter(has), ...pages.filter(page => !has(page))];
  }

  const plain = html => new DOMParser().parseFromString(html, 'text/html').body.textContent;

  function teaser(words, excerpt) {
    // Pagefind escapes the page's text and adds only <mark>.
    const node = element('span', { className: 'teaser', innerHTML: excerpt });
    if (!words.length) return node;
    const text = node.textContent;
    const pattern = new RegExp(`(${words.map(word => word.replace(/[^\p{L}\p{N}]/gu, '\\$&')).join('|')})`, 'giu');
    node.replaceChildren(...text.split(pattern).map((part, i) => i % 2 ? element('mark', { textContent: part }) : part));
    return node;
  }

  // The best sections of a page, each an entry of its own.
  function entries(words, page) {
    const sections = exact(words, page.sub_results.length ? page.sub_results : [page], section => plain(section.excerpt));
    return sections.slice(0, SECTIONS).map(({ url, title, excerpt }) => {
      const name = page.meta.title;
      const item = element('li');
      item.append(element('a', { href: url, textContent: title && title !== name ? `${name} » ${title}` : name }), teaser(words, excerpt));
      return item;
    });
  }

  let latest = 0;
  async function answer(most = PAGES) {
    const turn = ++latest, query = bar.value.trim();
    if (!query) { outer.classList.add('hidden'); return; }
    const pagefind = await load();
    const found = await pagefind.debouncedSearch(query, {}, PAUSE_MS);
    if (!found || turn !== latest) return;
    const pages = wholeFirst(query, await Promise.all(found.results.slice(0, most).map(result => result.data())));
    if (turn !== latest) return;
    const words = HAN.test(query) ? query.toLowerCase().split(/\s+/) : [];
    const items = exact(words, pages, page => `${page.meta.title} ${page.content}`).flatMap(page => entries(words, page));
    say(items.length ? text.found(items.length, query) : text.none(query));
    list.replaceChildren(...items);
    if (found.results.length > most) list.append(more(items.length));
  }

  // All the pages that were left out; the focus goes to the first of them.
  function more(shown) {
    const button = element('button', { type: 'button', className: 'more', textContent: text.more });
    button.addEventListener('click', async () => {
      await answer(Infinity);
      list.querySelectorAll('a')[shown]?.focus();
    });
    const item = element('li');
    item.append(button);
    return item;
  }

  function move(event) {
    const stops = [bar, ...list.querySelectorAll('a, button')];
    const at = stops.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (at < 0 || next === undefined || !stops[next]) return;
    event.preventDefault();
    stops[next].focus();
  }

  toggle.addEventListener('click', () => wrapper.classList.contains('hidden') ? open() : close());
  bar.addEventListener('input', () => answer().catch(() => say(text.off)));
  bar.form.addEventListener('submit', event => {
    event.preventDefault();
    list.querySelector('a')?.click();
  });
  wrapper.addEventListener('keydown', event => {
    if (event.isComposing) return;
    if (event.key === 'Escape') { event.preventDefault(); close(); } else move(event);
  });
  document.addEventListener('keydown', event => {
    const typing = /^(input|textarea|select)$/i.test(event.target.nodeName);
    if (typing || event.altKey || event.ctrlKey || event.metaKey || !['s', '/'].includes(event.key)) return;
    event.preventDefault();
    open();
  });

  // mdBook asks this before an arrow key turns the page.
  window.search = { hasFocus: () => wrapper.contains(document.activeElement) };
})();
