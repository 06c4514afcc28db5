"""How the page looks: system fonts, the course's colours, room between things."""

from __future__ import annotations

import json

from helpers.plots.style import INK, PALE, PALETTE
from helpers.serving.studio.words import TAGS, say

FONTS = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans CJK SC", "sans-serif"]
MONO = ["ui-monospace", "Consolas", "monospace"]
BLUE = PALETTE[0]  # 5.2 to 1 on white

CSS = f"""
.gradio-container {{ max-width: 60rem !important; margin: 0 auto; }}
.studio-head h1 {{ font-size: 1.7rem; margin: 0.6rem 0 0.2rem; }}
.studio-intro h2 {{ font-size: 1.25rem; margin: 0.4rem 0 0.2rem; }}
.studio-intro p, .studio-head p, .studio-foot p {{ max-width: 46rem; line-height: 1.5;
  margin: 0.2rem 0 0.4rem; color: var(--body-text-color); }}
.studio-foot p {{ font-size: 0.9rem; }}
.studio-status {{ display: grid; gap: 0.4rem; padding: 0.4rem 0; min-height: 1.5rem; }}
.studio-status progress {{ appearance: none; width: 100%; height: 0.6rem; border: 0;
  border-radius: 4px; overflow: hidden; background: {PALE}; }}
.studio-status progress::-webkit-progress-bar {{ background: {PALE}; }}
.studio-status progress::-webkit-progress-value {{ background: {BLUE}; }}
.studio-status progress::-moz-progress-bar {{ background: {BLUE}; }}
.html-container.pending {{ opacity: 1 !important; }}
.studio-live {{ min-height: 2.6rem; }}
.studio-alert {{ padding: 0.7rem 0.9rem; border-left: 4px solid {PALETTE[6]};
  background: var(--block-background-fill); }}
.studio-result {{ font-size: 1.1rem; margin: 0.6rem 0 0.4rem; }}
.studio-text {{ white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.6;
  padding: 0.9rem 1rem; border: 1px solid var(--border-color-primary);
  border-radius: 6px; max-width: 46rem; }}
.studio-figure {{ margin: 0 0 0.9rem; }}
.studio-figure img {{ max-width: 100%; height: auto; border-radius: 4px;
  background: rgb(255 255 255); }}
.studio-figure audio {{ width: 100%; max-width: 30rem; }}
.studio-figure figcaption {{ font-size: 0.9rem; padding-top: 0.2rem; }}
.studio-links {{ display: flex; flex-wrap: wrap; gap: 0.6rem; padding: 0.6rem 0; }}
a.studio-link {{ color: var(--body-text-color); text-decoration: underline;
  border: 1px solid var(--body-text-color); border-radius: 6px;
  padding: 0.55rem 0.9rem; }}
.studio-turn {{ max-width: 36rem; margin: 0 0 0.6rem; padding: 0.6rem 0.9rem;
  border-radius: 8px; border: 1px solid var(--border-color-primary);
  overflow-wrap: anywhere; }}
.studio-customer {{ margin-left: auto; border-color: {BLUE}; }}
.studio-source {{ font-size: 0.9rem; padding-top: 0.3rem; }}
.dark [role="tab"][aria-selected="true"] {{ color: rgb(255 255 255) !important; }}
audio:focus-within, :is(button, a, input, textarea, [role="tab"]):focus-visible {{
  outline: 3px solid {PALETTE[6]} !important; outline-offset: 2px; }}
.min_value, .max_value {{ color: var(--body-text-color) !important; }}
@media (max-width: 480px) {{
  .gradio-container {{ padding: 0.6rem !important; }}
}}
"""

TITLES = {code: say("page.title", code) for code in TAGS}
SPEAKS = f"""(language, ...rest) => {{
  document.documentElement.lang = {json.dumps(TAGS)}[language];
  document.title = {json.dumps(TITLES)}[language];
  return [language, ...rest];
}}"""  # for the switch: screen readers choose a voice by it


def theme():
    """Return the theme: nothing of it comes from another host."""
    import gradio as gr

    base = gr.themes.Base(
        primary_hue="blue", neutral_hue="slate", font=FONTS, font_mono=MONO
    )
    white = "rgb(255 255 255)"
    return base.set(
        button_primary_background_fill=BLUE,
        button_primary_background_fill_dark=BLUE,
        button_primary_background_fill_hover=INK,
        button_primary_background_fill_hover_dark=INK,
        button_primary_text_color=white,
        button_primary_text_color_dark=white,
        block_label_text_color=INK,
        block_title_text_color=INK,
        block_info_text_color=INK,
        block_title_text_color_dark=white,
        block_label_text_color_dark=white,
        block_info_text_color_dark=white,
        color_accent=BLUE,
        slider_color=BLUE,
        slider_color_dark=BLUE,
        checkbox_background_color_selected=BLUE,
        checkbox_background_color_selected_dark=BLUE,
        checkbox_border_color="rgb(118 118 118)",
        input_border_width="1px",
        input_border_color="rgb(118 118 118)",
        input_border_color_dark="rgb(148 163 184)",
    )
