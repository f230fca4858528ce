"""Opens the rendered sample reports in Chromium: what a person sees at a desk and on a phone, in the
light and in the dark.

    browser_test.py WEIR_REPORT_SAMPLES

WEIR_SCREENSHOTS=FOLDER in the environment keeps a picture of each page.
"""

import base64
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

samples_program = sys.argv[1]

DESK, PHONE = 1280, 390
SAMPLES = ("failing", "passing", "hostile", "empty")

# Text that stands on a colour of its own or of its nearest coloured ancestor, WCAG 2.1 §1.4.3.
LOW_CONTRAST = """
const parse = (c) => {
  let m = c.match(/^rgba?\\(([^)]+)\\)$/);
  if (m) { const p = m[1].split(/[ ,\\/]+/).map(Number); return [p[0], p[1], p[2], p[3] ?? 1]; }
  m = c.match(/^color\\(srgb ([^)]+)\\)$/);
  if (m) { const p = m[1].split(/[ \\/]+/).map(Number); return [p[0]*255, p[1]*255, p[2]*255, p[3] ?? 1]; }
  throw new Error('unknown colour ' + c);
};
const luminance = ([r, g, b]) => [r, g, b].map((v) => { v /= 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const surface = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const c = parse(getComputedStyle(at).backgroundColor);
    if (c[3] === 1) return c;
    if (at.classList.contains('finding')) {
      const card = at.closest('main').querySelector('.card:not(.finding)');
      return parse(getComputedStyle(card).backgroundColor);
    }
  }
  throw new Error('no surface');
};
const bad = new Set();
for (const element of document.querySelectorAll('body *')) {
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || !element.getClientRects().length) continue;
  const style = getComputedStyle(element);
  const ink = parse(element.namespaceURI.endsWith('svg') && element.tagName !== 'title' ? style.fill : style.color);
  const [light, dark] = [luminance(ink), luminance(surface(element))].sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  if (ratio < 4.5) bad.add(`${element.tagName}.${element.getAttribute('class')} ${ratio.toFixed(2)}`);
}
return [...bad];
"""


class BrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        subprocess.run([samples_program, cls.folder], check=True, timeout=60)
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--disable-quic",
            "--disable-dev-shm-usage", f"--user-data-dir={cls.folder}/profile",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # The driver is named, so that Selenium does not go looking for one.
        cls.browser = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def open(self, sample, width, scheme="light"):
        command = self.browser.execute_cdp_cmd
        command("Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        command("Emulation.setEmulatedMedia",
                {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.browser.get(f"file://{self.folder}/{sample}.html")
        if pictures := os.environ.get("WEIR_SCREENSHOTS"):
            picture = command("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
            name = pathlib.Path(pictures, f"{sample}-{width}-{scheme}.png")
            name.write_bytes(base64.b64decode(picture))

    def run_script(self, script):
        return self.browser.execute_script(script)

    def test_no_page_scrolls_sideways(self):
        for sample in (*SAMPLES, "huge"):
            for width in (PHONE,) if sample == "huge" else (DESK, PHONE):
                with self.subTest(sample=sample, width=width):
                    self.open(sample, width)
                    excess = self.run_script(
                        "const page = document.documentElement; return page.scrollWidth - page.clientWidth")
                    self.assertEqual(excess, 0)

    def test_no_request_leaves_the_file_and_nothing_is_complained_about(self):
        self.browser.get_log("performance")
        for sample in SAMPLES:
            self.open(sample, DESK)
        sent = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        asked = [each["params"]["request"]["url"] for each in sent if each["method"] == "Network.requestWillBeSent"]
        self.assertEqual(len(asked), len(SAMPLES))
        for url in asked:
            self.assertTrue(url.startswith(f"file://{self.folder}/"), url)
        self.assertEqual(self.browser.get_log("browser"), [])

    def test_text_can_be_read_in_the_light_and_in_the_dark(self):
        for sample in ("failing", "passing"):
            for scheme in ("light", "dark"):
                for width in (DESK, PHONE):
                    with self.subTest(sample=sample, scheme=scheme, width=width):
                        self.open(sample, width, scheme)
                        self.assertEqual(self.run_script(LOW_CONTRAST), [])

    def test_dark_is_dark(self):
        shades = {}
        for scheme in ("light", "dark"):
            self.open("failing", DESK, scheme)
            shades[scheme] = self.run_script("return getComputedStyle(document.body).backgroundColor")
        self.assertNotEqual(shades["light"], shades["dark"])

    def test_the_picture_that_fits_the_screen_is_shown_and_its_text_is_legible(self):
        for width, shown in ((DESK, "wide"), (PHONE, "narrow")):
            self.open("failing", width)
            pictures = self.run_script(
                "return [...document.querySelectorAll('figure > svg')].filter(s => s.getClientRects().length)"
                ".map(s => [s.getAttribute('class'), Math.min(...[...s.querySelectorAll('text')]"
                ".map(t => t.getBoundingClientRect().height))])")
            self.assertEqual([name for name, _ in pictures], [f"timeline {shown}"])
            self.assertGreaterEqual(pictures[0][1], 11)

    def test_every_finding_is_reached_by_keyboard_and_named(self):
        self.open("failing", DESK)
        links = self.run_script("return [...document.querySelectorAll('.toc a')].map(a => a.hash)")
        self.assertEqual(links, [f"#finding-{number}" for number in range(1, 5)])
        for link in links:
            self.assertTrue(self.run_script(f"return document.querySelector('{link} h3').textContent"))
        levels = self.run_script("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
        self.assertEqual(levels[0], 1)
        for before, after in itertools.pairwise(levels):
            self.assertLessEqual(after, before + 1)
        ids = self.run_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(self.run_script(
            "return [...document.querySelectorAll('[aria-labelledby]')]"
            ".filter(e => !document.getElementById(e.getAttribute('aria-labelledby'))).length"), 0)

    def test_hostile_text_stays_text(self):
        self.open("hostile", DESK)
        self.assertNotEqual(self.browser.title, "pwned")
        self.assertEqual(self.run_script("return document.querySelectorAll('script, img, main b[onclick]').length"), 0)
        self.assertIn("<img src=x onerror=alert(1)>", self.run_script("return document.querySelector('h1').textContent"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
