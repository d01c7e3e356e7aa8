"""What is asked of a screen beyond the thumb: axe-core, zoom, motion, forced colours. Each returns what is wrong.

judged(phone)    axe: all its rules of WCAG 2.2 AA in light, contrast again in dark
enlarged(phone)  200 % zoom of a window 640 px wide (1.4.10), and text twice as large (1.4.4): nothing is cut,
                 nothing scrolls sideways
still(phone)     for who asked for less motion nothing moves
outlined(phone)  in the colours somebody's system forces, what one types into or presses still has an edge
"""

from __future__ import annotations

from importlib import resources

from phone import HEIGHT, WIDTH, Phone

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN = """only => axe.run(document, {resultTypes: ['violations'], runOnly: only}).then(found =>
  found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 140) + ' ' +
    node.any.map(why => why.message).join(' ').slice(0, 160)).slice(0, 3).join(' | ')}`))"""
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# What is cut or sticks out; a table may scroll within its own frame.
CUT = """() => {
  const found = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll('*')].filter(one => {
      for (let up = one.parentElement; up; up = up.parentElement)
        if (/auto|scroll|hidden/.test(getComputedStyle(up).overflowX) && up !== document.body) return false;
      return one.getBoundingClientRect().right > root.clientWidth + 1;
    });
    const last = wide.pop();
    const what = last ? last.outerHTML.slice(0, 140) : '';
    found.push(`sideways scroll: ${root.scrollWidth} in ${root.clientWidth}: ${what}`);
  }
  for (const one of document.querySelectorAll('h1, h2, h3, p, dt, dd, label, legend, a, button, .tag, .btn')) {
    const style = getComputedStyle(one);
    if (style.display === 'inline' || !one.checkVisibility()) continue;
    if (one.clientWidth < 2 || one.matches('.unseen, .skip')) continue;
    if (!/hidden|clip/.test(style.overflow)) continue;
    if (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2)
      found.push(`cut off: ${one.outerHTML.slice(0, 140)}`);
  }
  return found;
}"""
MOVING = """() => {
  const seconds = one => parseFloat(one) * (one.trim().endsWith('ms') ? 0.001 : 1);
  const long = time => Math.max(...time.split(',').map(seconds)) > 0.01;
  const found = document.getAnimations().filter(one => one.playState === 'running').map(() => 'something runs');
  for (const one of document.querySelectorAll('*'))
    for (const part of [undefined, '::before', '::after']) {
      const style = getComputedStyle(one, part);
      if (long(style.transitionDuration) || (style.animationName !== 'none' && long(style.animationDuration)))
        found.push(`moves: ${one.outerHTML.slice(0, 100)}`);
    }
  if (getComputedStyle(document.documentElement).scrollBehavior === 'smooth') found.push('scrolls smoothly');
  return found;
}"""
EDGES = """() => {
  const found = [];
  const edge = one => { const style = getComputedStyle(one);
    return (style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) > 0) ||
      (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) ||
      style.textDecorationLine.includes('underline'); };
  const typed = 'main input:not([type=hidden]), main select, main textarea, main button, main .btn';
  for (const one of document.querySelectorAll(typed)) {
    if (!one.checkVisibility() || one.getBoundingClientRect().width < 2) continue;
    if (one.matches('[type=radio], [type=checkbox], [type=file]')) continue;  // the system's, or framed by a label
    if (!edge(one)) found.push(`no edge: ${one.outerHTML.slice(0, 140)}`);
  }
  return found;
}"""


def judged(phone: Phone) -> list[str]:
    """What axe says of the screen."""
    if not phone.page.evaluate("!!window.axe"):
        phone.page.evaluate(AXE)
    found = []
    for scheme, only in (("light", LEVELS), ("dark", ["color-contrast"])):
        phone.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        kind = "tag" if only is LEVELS else "rule"
        said = phone.page.evaluate(RUN, {"type": kind, "values": only})
        found += [f"{phone.screen} ({phone.page.url}) in {scheme}: {one}" for one in said]
    phone.page.emulate_media(color_scheme="light")
    return found


def enlarged(phone: Phone) -> list[str]:
    """What is cut at 200 %."""
    page = phone.page
    page.set_viewport_size({"width": 320, "height": HEIGHT // 2})
    found = [f"{phone.screen} at 200 % zoom: {one}" for one in page.evaluate(CUT)]
    page.set_viewport_size({"width": 640, "height": HEIGHT})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    found += [f"{phone.screen} with text of 200 %: {one}" for one in page.evaluate(CUT)]
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return found


def still(phone: Phone) -> list[str]:
    """What moves although one asked for less."""
    phone.page.emulate_media(reduced_motion="reduce")
    found = [f"{phone.screen}: {one}" for one in phone.page.evaluate(MOVING)]
    phone.page.emulate_media(reduced_motion="no-preference")
    return found


def outlined(phone: Phone) -> list[str]:
    """What has no edge in forced colours."""
    phone.page.emulate_media(forced_colors="active")
    found = [f"{phone.screen} in forced colours: {one}" for one in phone.page.evaluate(EDGES)]
    phone.page.emulate_media(forced_colors="none")
    return found
