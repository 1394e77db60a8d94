"""What the browser's tests do with a page."""

#: Others may be at work on the machine: what comes late is late, not wrong.
PATIENCE_MS = 240_000

#: What each view shows: the session time that stands in its picture, None behind a slate.
READ = """() => {
  const seen = {};
  for (const view of document.querySelectorAll('.rw-view')) {
    const video = view.querySelector('video');
    seen[view.dataset.stream] = null;
    if (video.classList.contains('rw-hidden') || video.readyState < 2) continue;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 180];
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 320, 180);
    const row = context.getImageData(0, 8, 320, 1).data;
    let stamp = 0;
    for (let bit = 0; bit < 20; bit += 1) stamp = stamp * 2 + (row[(bit * 16 + 8) * 4] > 128);
    seen[view.dataset.stream] = stamp / 1000 - 100;
  }
  return seen;
}"""

#: The media clocks as session time: how far the views are apart, sampled on every picture of the
#: page while the player runs, sorted; and what the machine had time for meanwhile.
SPREAD = """(seconds) => new Promise((resolve) => {
  const root = document.querySelector('.rw-player');
  const videos = () => [...root.querySelectorAll('video')];
  const quality = () => videos().map((video) => video.getVideoPlaybackQuality()).reduce(
    ([all, lost], one) => [all + one.totalVideoFrames, lost + one.droppedVideoFrames], [0, 0]);
  const spreads = [], before = quality(), from = performance.now();
  let frames = 0;
  const sample = (now) => {
    frames += 1;
    const times = root.reviewTimes();
    const running = videos().filter((video) => !video.paused);
    if (times.length === 4 && running.length === 4)
      spreads.push(Math.max(...times) - Math.min(...times));
    if (now - from < seconds * 1000) return requestAnimationFrame(sample);
    const after = quality();
    return resolve({ spreads: spreads.sort((a, b) => a - b), frames: frames / seconds,
      dropped: (after[1] - before[1]) / Math.max(1, after[0] - before[0]) });
  };
  requestAnimationFrame(sample);
})"""

#: How long a jump takes until every view shows the right picture, in milliseconds.
JUMP = """([at, streams, near]) => new Promise((resolve) => {
  const read = %s;
  const from = performance.now();
  document.querySelector('.rw-player').dispatchEvent(
    new CustomEvent('review-seek', { detail: at }));
  const look = () => {
    const seen = read();
    const there = streams.every((s) =>
      seen[s] !== null && at - seen[s] < near && seen[s] - at < 0.002);
    if (there || performance.now() - from > 20000) resolve(performance.now() - from);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


def jump_ms(page, at_s, streams, *, near_s=0.21):
    """Jump and return how long it took until the pictures were right."""
    return page.evaluate(JUMP % READ, [at_s, streams, near_s])


def new_page(browser, lab, **options):
    """A page that is logged in, with the errors it had."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(f"{lab.address}/lab?token={lab.token}")
    page.wait_for_function("globalThis.jupyterapp?.shell")
    page.evaluate("jupyterapp.restored.then(() => null)")
    return page


def run_all(page, name):
    """Run the notebook of this name once it is in front and its kernel is there."""
    page.wait_for_function(
        """(name) => {
          const notebook = globalThis.jupyterapp?.shell?.currentWidget;
          return notebook?.context?.path?.includes(name) && notebook.context.isReady
            && notebook.sessionContext.isReady && notebook.sessionContext.session?.kernel;
        }""",
        arg=name,
    )
    # Not waited for: the promise ends when the last cell has run.
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")


def open_path(page, path):
    page.evaluate("(path) => { jupyterapp.commands.execute('docmanager:open', { path }); }", path)


def the_desk(page):
    """Wait for the desk and bring it into sight."""
    desk = page.locator(".rw-desk")
    desk.wait_for()
    page.wait_for_function(
        "[...document.querySelectorAll('.rw-view video')].some((v) => v.readyState >= 2)"
    )
    page.evaluate("document.querySelector('.rw-desk').scrollIntoView({ block: 'start' })")
    return desk


def open_sitting(page, key):
    """Make a sitting's notebook, open and run it."""
    path = page.evaluate(
        "(k) => fetch(`/review/open/${k}?as=json`).then((a) => a.json()).then((a) => a.path)",
        "/".join(key),
    )
    open_path(page, path)
    run_all(page, key[1])
    return the_desk(page)


def player(page):
    return page.locator(".rw-player")


def press(page, *keys):
    player(page).focus()
    for key in keys:
        page.keyboard.press(key)


def time_of(page):
    return page.evaluate("document.querySelector('.rw-player').reviewClock()")


def at_time(page, at_s, *, near_s=0.05):
    page.wait_for_function(
        "([t, near]) => Math.abs(document.querySelector('.rw-player').reviewClock() - t) < near",
        arg=[at_s, near_s],
    )


def seek(page, at_s):
    page.evaluate(
        "(t) => document.querySelector('.rw-player').dispatchEvent("
        "new CustomEvent('review-seek', { detail: t }))",
        at_s,
    )


def settled(page, at_s, streams, within_s=0.22):
    """Wait until every view that has a picture shows the moment; say what all show."""
    page.wait_for_function(
        f"([at, streams, near]) => {{ const seen = ({READ})();"
        " return streams.every((s) => seen[s] !== null && Math.abs(seen[s] - at) < near); }",
        arg=[at_s, streams, within_s],
    )
    return page.evaluate(READ)


def panel(page, name):
    page.locator(f"[role=tab][data-panel={name}]").click()
    return page.locator(f".rw-panel-{name}")


def acts(ledger, key, *, since=0):
    """Entries about a sitting that people made on purpose."""
    entries = ledger.entries(*key)
    wanted = (entries["kind"] != "watched") & (entries["seq"] > since)
    return entries[wanted].reset_index(drop=True)
