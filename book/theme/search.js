'use strict';
// mdBook's search box, answered by Pagefind, which finds Chinese words. The index is made by ci/src/site/index.rs.
(function search() {
  const part = name => document.getElementById(`mdbook-${name}`);
  const wrapper = part('search-wrapper'), bar = part('searchbar'), toggle = part('search-toggle');
  const outer = part('searchresults-outer'), status = part('searchresults-header'), list = part('searchresults');
  if (!bar) return;

  const PAGES = 12, SECTIONS = 3, PAUSE_MS = 120, EXCERPT = word(170, 80);
  const from = file => new URL(`${path_to_root}../${file}`, location.href);
  const text = {
    off: word('Search is off: this copy of the guide was built without a search index.', '搜索不可用：构建这份文档时没有生成搜索索引。'),
    none: query => word(`Nothing found for “${query}”.`, `没有找到“${query}”。`),
    more: word('More results', '更多结果'),
    found: (count, query) => word(`${count} ${count === 1 ? 'page' : 'pages'} for “${query}”`, `“${query}”：${count} 个页面`),
  };

  let loading;
  function load() {
    loading ??= Promise.all([
      import(from('pagefind/pagefind.js')).then(async pagefind => { await pagefind.init(); return pagefind; }),
      fetch(from('synonyms.json')).then(answer => answer.json()),
    ]);
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

  function teaser(answer, text) {
    const parts = ranking.excerpt(answer, text, EXCERPT);
    const node = element('span', { className: 'teaser' });
    node.append(...parts.map((part, at) => at % 2 ? element('mark', { textContent: part }) : part));
    return node;
  }

  const linkTo = ({ url, title }) => element('a', { href: url, textContent: title });

  // A page with its best sections below it.
  function entry(answer, page) {
    const sections = ranking.sectionsFor(answer, page, SECTIONS);
    const item = element('li'), below = element('ul');
    item.append(linkTo({ url: page.url, title: page.meta.title }), teaser(answer, sections[0]?.text ?? page.content));
    below.append(...sections.map(section => { const line = element('li'); line.append(linkTo(section)); return line; }));
    if (sections.length) item.append(below);
    return item;
  }

  let latest = 0;
  async function answer(everything = false) {
    const turn = ++latest, query = bar.value.trim();
    if (!query) { outer.classList.add('hidden'); return; }
    const [pagefind, words] = await load();
    await new Promise(done => setTimeout(done, PAUSE_MS));
    if (turn !== latest) return;
    const found = await ranking.pagesFor(pagefind, query, words, everything);
    if (turn !== latest) return;
    const shown = everything ? found.pages : found.pages.slice(0, PAGES);
    say(shown.length ? text.found(shown.length, query) : text.none(query));
    list.replaceChildren(...shown.map(page => entry(found, page)));
    if (!everything && found.more) list.append(more());
  }

  // All the pages that were left out; the focus goes to the first of them.
  function more() {
    const shown = list.querySelectorAll('a').length;
    const button = element('button', { type: 'button', className: 'more', textContent: text.more });
    button.addEventListener('click', async () => {
      await answer(true);
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
