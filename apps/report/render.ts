// The report as one HTML file: a template in which {{title}} is filled in, and elements take the place of {{style}}, {{data}} and
// {{script}}, which are in comments so that the template is plain HTML.

import type { ReportData } from "./data.js";

/** What `npm run build` leaves in build/report/. */
export interface ReportAssets {
  readonly script: string;
  readonly style: string;
  readonly template: string;
}

/** The whole file. It opens from disk and loads nothing. */
export function renderReport(data: ReportData, { script, style, template }: ReportAssets): string {
  const parts = new Map([
    ["title", escapeHtml(data.title)],
    ["style", `<style>\n${style}</style>`],
    // Without "<" no content can end the element or open a comment in it.
    ["data", `<script type="application/json" id="data">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>`],
    ["script", `<script>\n${script}</script>`],
  ]);
  return template.replace(/(?:<!-- )?\{\{(\w+)\}\}(?: -->)?/g, (placeholder, name) => parts.get(name) ?? placeholder);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]);
}
