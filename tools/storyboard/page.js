// The player: where the film is, which clip that is, and the ways to go to another. All data stands in the page.
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const [over, under] = one("main").dataset.rate.split("/").map(Number);
  const rate = over / under; // frames a second
  const film = one("#film"), standIn = one("#stand-in"), gone = one("#gone"), head = one("#playhead"), playButton = one("#play");
  const noEarlierFilm = one("#no-earlier-film"), notRendered = one("#not-rendered");
  document.documentElement.classList.add("js");

  // ---- the edits on the page

  const reelOf = (row) => {
    const list = one(`#clips-${row.dataset.reel}`), bars = all(".bar", row), items = all("li", list);
    const picks = items.map((item) => one(".pick", item)), others = items.map((item) => one(".more a", item));
    const [starts, ends] = ["start", "end"].map((name) => bars.map((bar) => Number(bar.dataset[name])));
    const { reel: name, film, frames } = row.dataset;
    return { name, film, frames: Number(frames), missing: false, row, list, bars, items, picks, others, starts, ends };
  };
  const reels = Object.fromEntries(all(".row").map((row) => [row.dataset.reel, reelOf(row)]));
  const scale = Math.max(...Object.values(reels).map((reel) => reel.frames));
  let reel = reels.now, current = -1, frame = 0, spoken = 0;

  const plays = () => Boolean(reel.film) && !reel.missing;
  const clipAt = (at) => reel.starts.findLastIndex((start, n) => start <= at && at < reel.ends[n]);
  const cardOf = (item) => document.getElementById(item.dataset.card);
  const stillOf = (item) => one(`.stills button:nth-child(${Number(item.dataset.still) + 1}) img`, cardOf(item)) ?? one("img.shot", cardOf(item));

  // ---- showing where the film is

  const show = (at) => {
    frame = at;
    head.style.left = `${(100 * at) / scale}%`;
    one("#clock").textContent = (at / rate).toFixed(2);
    const clip = clipAt(at);
    if (clip !== current) mark(clip);
  };

  const mark = (clip) => {
    for (const link of links(current)) link.removeAttribute("aria-current");
    for (const old of all("li.now, .card.playing")) old.classList.remove("now", "playing");
    current = clip;
    if (clip < 0) return;
    for (const link of links(clip)) link.setAttribute("aria-current", "true");
    const item = reel.items[clip];
    item.classList.add("now");
    cardOf(item).classList.add("playing");
    for (const row of [reel.bars, reel.picks, reel.others]) rove(row, clip);
    follow(reel.list, item, "Top", "Height");
    follow(reel.row.closest(".scroller"), reel.bars[clip], "Left", "Width");
    if (!plays()) standFor(item);
    if (!film.paused && Date.now() - spoken > 8000) say();
  };

  const links = (clip) => (clip < 0 ? [] : [reel.bars[clip], reel.picks[clip]]);

  // One stop of the Tab key for each row of links; the arrows move within it.
  const rove = (row, at) => row.forEach((link, n) => { link.tabIndex = n === at ? 0 : -1; });

  const follow = (box, part, side, size) => {
    const start = part[`offset${side}`], room = box[`client${size}`], seen = box[`scroll${side}`];
    if (start < seen || start + part[`offset${size}`] > seen + room) box[`scroll${side}`] = start - room / 4;
  };

  const say = () => {
    spoken = Date.now();
    if (current >= 0) one("#said").textContent = reel.items[current].dataset.said;
  };

  const standFor = (item) => {
    const shot = one("img.shot", cardOf(item));
    standIn.hidden = !shot;
    if (shot) standIn.src = large(shot).whole;
  };

  // What a card shows at first, kept before a click puts another still there.
  const large = (shot) => Object.assign(shot, { whole: shot.whole ?? shot.src });

  // ---- going elsewhere

  // The middle of a frame's time, so that rounding cannot land on the frame before it.
  const seek = (at) => {
    const kept = Math.max(0, Math.min(reel.frames - 1, at));
    if (plays()) film.currentTime = (kept + 0.5) / rate;
    show(kept);
  };

  const go = (clip, andPlay) => {
    const kept = Math.max(0, Math.min(reel.bars.length - 1, clip));
    seek(reel.starts[kept]);
    say();
    if (andPlay) play();
  };

  const play = () => { if (plays()) film.play().catch(() => {}); };
  const toggle = () => (film.paused ? play() : film.pause());
  const step = (frames) => { film.pause(); seek(frame + frames); };

  const use = (name) => {
    if (!reels[name] || reel === reels[name]) return;
    const playing = !film.paused, other = current < 0 ? 0 : Number(reel.bars[current].dataset.other ?? 0);
    mark(-1);
    reel = reels[name];
    load();
    go(other, playing);
  };

  const load = () => {
    film.pause();
    film.hidden = playButton.disabled = !plays();
    standIn.hidden = plays();
    if (plays() && film.getAttribute("src") !== reel.film) film.src = reel.film;
    gone.hidden = !reel.missing;
    if (noEarlierFilm) noEarlierFilm.hidden = reel.name !== "earlier";
    if (notRendered) notRendered.hidden = reel.name !== "now";
    for (const button of all("[data-switch]")) button.setAttribute("aria-pressed", String(button.dataset.switch === reel.name));
    for (const each of Object.values(reels)) {
      each.list.hidden = each !== reel;
      each.row.classList.toggle("playing", each === reel);
    }
    one("#whole").textContent = fill(one("#whole").dataset.say, { seconds: (reel.frames / rate).toFixed(2) });
  };

  const miss = () => {
    if (!plays()) return;
    reel.missing = true;
    gone.textContent = fill(gone.dataset.say, { film: decodeURIComponent(reel.film.replace(/^\.\//, "")) });
    load();
    if (current >= 0) standFor(reel.items[current]);
  };

  // ---- what the film tells

  const tell = (at) => { if (plays() && !film.seeking) show(Math.min(reel.frames - 1, at)); };
  const tellTime = () => tell(Math.floor(film.currentTime * rate + 0.01));
  const tellPicture = (_, picture) => {
    tell(Math.round(picture.mediaTime * rate));
    film.requestVideoFrameCallback(tellPicture);
  };
  if ("requestVideoFrameCallback" in film) film.requestVideoFrameCallback(tellPicture);
  else film.addEventListener("timeupdate", tellTime);
  film.addEventListener("seeked", tellTime);
  film.addEventListener("error", miss);
  for (const kind of ["play", "pause", "emptied"]) {
    film.addEventListener(kind, () => {
      playButton.classList.toggle("playing", !film.paused);
      playButton.setAttribute("aria-label", film.paused ? playButton.dataset.play : playButton.dataset.pause);
    });
  }

  // ---- finding scenes

  const cards = all(".card").map((card) => ({ card, kept: card.classList.contains("kept") }));
  const find = one("#find"), found = one("#found");
  const sift = () => {
    const wanted = one("[name=show]:checked").value, words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of cards) {
      entry.text ??= entry.card.textContent.toLowerCase();
      const fits = (wanted === "all" || (wanted === "kept") === entry.kept) && words.every((word) => entry.text.includes(word));
      entry.card.hidden = !fits;
      shown += fits;
    }
    found.textContent = shown ? fill(found.dataset.say, { shown, all: cards.length }) : found.dataset.nothing;
  };
  const reveal = (card) => {
    if (!card?.hidden) return;
    find.value = "";
    one("[name=show][value=all]").checked = true;
    sift();
  };
  find.addEventListener("input", sift);
  for (const choice of all("[name=show]")) choice.addEventListener("change", sift);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#scene-']");
    if (link) reveal(document.getElementById(link.hash.slice(1)));
  }, true);

  // ---- stills: a small one is shown large in its card

  const enlarge = (button) => {
    const card = button.closest(".card"), shot = large(one("img.shot", card));
    for (const other of all(".stills button", card)) other.setAttribute("aria-pressed", String(other === button));
    shot.src = "middle" in button.dataset ? shot.whole : one("img", button).src;
  };

  // ---- clicks

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const bar = at(".bar") ?? at(".pick");
    if (bar) {
      event.preventDefault();
      pick(bar);
    } else if (at(".stills button")) enlarge(at(".stills button"));
    else if (at(".go")) bring(Number(at(".go").dataset.go));
    else if (at("[data-switch]")) use(at("[data-switch]").dataset.switch);
  });
  const pick = (link) => {
    const wanted = Object.values(reels).find((each) => each.row.contains(link) || each.list.contains(link));
    const clip = Math.max(wanted.bars.indexOf(link), wanted.picks.indexOf(link));
    if (wanted !== reel) use(wanted.name);
    go(clip, true);
  };
  const bring = (clip) => {
    use("now");
    go(clip, true);
    one("#player").scrollIntoView({ block: "start" });
    reel.bars[clip].focus({ preventScroll: true });
  };
  one("#previous").addEventListener("click", () => go(current - 1, false));
  one("#next").addEventListener("click", () => go(current + 1, false));
  playButton.addEventListener("click", toggle);

  // ---- keys

  const keys = one("#keys");
  one("#show-keys").addEventListener("click", () => keys.showModal());
  one("#close-keys").addEventListener("click", () => keys.close());
  const turn = (by) => {
    const focused = [reel.bars, reel.picks, reel.others].find((row) => row.includes(document.activeElement));
    go(current + by, false);
    focused?.[current]?.focus();
  };
  const bound = {
    " ": toggle, k: toggle, ArrowLeft: () => turn(-1), ArrowRight: () => turn(1), ",": () => step(-1), ".": () => step(1),
    c: () => use(reel.name === "now" ? "earlier" : "now"), "/": () => find.focus(), "?": () => keys.showModal(),
  };
  const typing = (target, key) => target.matches("input, select, textarea, video") || (key === " " && target.matches("button, summary"));
  document.addEventListener("keydown", (event) => {
    const does = bound[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!does || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (!one("#use-keys").checked || typing(event.target, event.key)) return;
    event.preventDefault();
    does();
  });
  const strip = one(".film"), scenes = all("a", strip);
  rove(scenes, 0);
  strip.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], next = scenes[scenes.indexOf(document.activeElement) + by];
    if (!by) return;
    event.preventDefault();
    if (next) { rove(scenes, scenes.indexOf(next)); next.focus(); }
  });

  // ---- at the start

  for (const item of all(".clips li")) {
    const still = stillOf(item), tiny = one(".tiny", item);
    if (still) { tiny.src = still.src; tiny.hidden = false; }
  }
  for (const { bars, picks, others } of Object.values(reels)) for (const row of [bars, picks, others]) rove(row, 0);
  if (film.error) miss(); // it failed before anybody listened
  load();
  show(reel.starts[0]);
})();
