'use strict';
// Tabs, the tools on code blocks, and what the language link remembers. Without this file every page still reads.

const inChinese = document.documentElement.lang.startsWith('zh');
const word = (english, chinese) => inChinese ? chinese : english;

// Storage throws in private windows and where cookies are forbidden: the choice then lasts for one page.
const choices = {
  get(key) { try { return localStorage.getItem(`guide-${key}`); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`guide-${key}`, value); } catch { /* see above */ } },
};

function element(name, properties = {}, attributes = {}) {
  const node = Object.assign(document.createElement(name), properties);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

(function languageLink() {
  const link = document.getElementById('language-link');
  if (!link) return;

  // The section being read: the one in the address while it is on the screen, else the last heading passed.
  function section() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) {
      const { top } = target.getBoundingClientRect();
      if (top >= 0 && top < innerHeight) return location.hash;
    }
    const passed = [...document.querySelectorAll('main :is(h2, h3, h4)[id]')]
      .filter(heading => heading.getBoundingClientRect().top < innerHeight / 3);
    return passed.length ? `#${passed.at(-1).id}` : '';
  }
  const aim = () => { link.hash = section(); };
  for (const event of ['pointerdown', 'focus', 'click']) link.addEventListener(event, aim);
  link.addEventListener('click', () => choices.set('language', link.dataset.language));
})();

(function sidebarButton() {
  // mdBook toggles its sidebar with a checkbox; ci/src/site/chrome.rs put a real button in front of it.
  const button = document.getElementById('mdbook-sidebar-toggle');
  button?.addEventListener('click', () => document.getElementById('mdbook-sidebar-toggle-anchor').click());
})();

(function tabs() {
  const names = { runtime: word('Runtime', '运行时'), os: word('Operating system', '操作系统') };
  const sets = [...document.querySelectorAll('.tabs[data-tabs]')].map(build);

  function build(box, number) {
    const group = box.dataset.tabs;
    const panels = [...box.querySelectorAll(':scope > section[data-tab]')];
    const list = element('div', {}, { role: 'tablist', 'aria-label': names[group] ?? group });
    const buttons = panels.map((panel, i) => {
      const button = element('button', { type: 'button', id: `tab-${number}-${i}`, textContent: panel.dataset.tab }, { role: 'tab' });
      panel.id ||= `${button.id}-panel`;
      button.setAttribute('aria-controls', panel.id);
      panel.setAttribute('role', 'tabpanel');
      panel.setAttribute('aria-labelledby', button.id);
      panel.tabIndex = 0;
      button.addEventListener('click', () => choose(group, panel.dataset.tab, button));
      // The browser found text, or followed a link, inside a hidden panel.
      panel.addEventListener('beforematch', () => choose(group, panel.dataset.tab));
      return button;
    });
    list.append(...buttons);
    list.addEventListener('keydown', event => {
      const at = buttons.indexOf(document.activeElement);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const button = buttons.at(next % buttons.length);
      button.focus();
      button.click();
    });
    const set = { group, panels, buttons };
    show(set, choices.get(`tab-${group}`));
    box.prepend(list);
    box.classList.add('ready');
    return set;
  }

  // A set that lacks the chosen tab keeps the one it shows; a new set shows its first.
  function show({ panels, buttons }, name) {
    const chosen = panels.findIndex(panel => panel.dataset.tab === name);
    if (chosen < 0 && buttons.some(button => button.ariaSelected === 'true')) return;
    panels.forEach((panel, i) => {
      const on = i === Math.max(chosen, 0);
      buttons[i].ariaSelected = String(on);
      buttons[i].tabIndex = on ? 0 : -1;
      if (on) panel.removeAttribute('hidden'); else panel.setAttribute('hidden', 'until-found');
    });
  }

  function showAll(group, name) {
    for (const set of sets) if (set.group === group) show(set, name);
  }

  // What the reader clicked stays where it is on the screen while panels above it change their height.
  function choose(group, name, anchor) {
    const before = anchor?.getBoundingClientRect().top;
    showAll(group, name);
    choices.set(`tab-${group}`, name);
    if (anchor) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: 'instant' });
  }

  function openTarget() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const panel = target && target.closest('.tabs > section[hidden]');
    if (!panel) return;
    choose(panel.parentElement.dataset.tabs, panel.dataset.tab);
    target.scrollIntoView();
  }
  addEventListener('hashchange', openTarget);
  openTarget();

  addEventListener('storage', ({ key, newValue }) => {
    if (key?.startsWith('guide-tab-')) showAll(key.slice('guide-tab-'.length), newValue);
  });
  // A page that comes back from the history shows what was chosen since.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) for (const set of sets) show(set, choices.get(`tab-${set.group}`));
  });
})();

(function codeTools() {
  const icon = name => document.getElementById(`fa-${name}`).innerHTML;
  const said = element('span', { className: 'sr-only' }, { role: 'status' });
  document.querySelector('main').append(said);

  // ci/src/site/blocks.rs marks what a reader types in a transcript; elsewhere the whole block, hidden lines included.
  function pasteable(code) {
    const typed = [...code.querySelectorAll('.typed')];
    return (typed.length ? typed.map(line => line.textContent).join('\n') : code.textContent).replace(/\n$/, '');
  }

  function tool(name, label, act) {
    const button = element('button', { type: 'button', title: label, innerHTML: icon(name) }, { 'aria-label': label });
    button.addEventListener('click', () => act(button));
    return button;
  }

  async function copy(button, code) {
    let message;
    try {
      await navigator.clipboard.writeText(pasteable(code));
      message = word('Copied', '已复制');
    } catch {
      message = word('The browser did not allow copying', '浏览器不允许复制');
    }
    said.textContent = button.dataset.said = message;
    setTimeout(() => { said.textContent = ''; delete button.dataset.said; }, 2000);
  }

  function showHidden(button, code) {
    const hidden = code.classList.toggle('hide-boring');
    button.setAttribute('aria-pressed', String(!hidden));
    button.innerHTML = icon(hidden ? 'eye' : 'eye-slash');
  }

  for (const code of document.querySelectorAll('main pre:not(.output) > code')) {
    const pre = code.parentElement;
    pre.querySelector('.buttons')?.remove();
    const bar = element('div', { className: 'code-tools' });
    if (code.querySelector('.boring')) {
      const eye = tool('eye', word('Show the whole file', '显示整个文件'), button => showHidden(button, code));
      eye.setAttribute('aria-pressed', 'false');
      bar.append(eye);
    }
    bar.append(tool('copy', word('Copy', '复制'), button => copy(button, code)));
    pre.prepend(bar);
  }
})();

(function keyboard() {
  // What scrolls sideways must be reachable by keyboard.
  const wide = [...document.querySelectorAll('main :is(pre > code, .diagram, .table-wrapper)')];
  const update = () => {
    for (const node of wide) {
      if (node.scrollWidth > node.clientWidth) node.tabIndex = 0; else node.removeAttribute('tabindex');
    }
  };
  new ResizeObserver(update).observe(document.querySelector('main'));

  // mdBook turns the page on the left and right arrows, also while the focus is on something that uses them.
  document.querySelector('main').addEventListener('keydown', event => {
    const busy = event.target.closest('[role=tablist]') || wide.includes(event.target);
    if (busy && /^Arrow(Left|Right)$/.test(event.key)) event.stopPropagation();
  });
})();
