// The report as one HTML file, made from a template: {{title}} becomes text; {{style}}, {{data}} and {{script}} become
// elements, and are in comments, so that the template is plain HTML.

import { escapeControls } from "ductus/recipe";
import type { ReportData } from "./data.js";

/** The files that `npm run build` writes to build/report/. */
export interface ReportAssets {
  readonly script: string;
  readonly style: string;
  readonly template: string;
}

/** The whole file. It opens from disk and loads nothing. */
export function renderReport(data: ReportData, { script, style, template }: ReportAssets): string {
  // Texts of files, such as names and metadata, are shown with nothing hidden in them.
  const visible = (_key: string, value: unknown) => (typeof value === "string" ? escapeControls(value) : value);
  const json = JSON.stringify(data, visible).replaceAll("<", "\\u003c");
  const parts = new Map([
    ["title", escapeHtml(escapeControls(data.title))],
    ["style", `<style>\n${style}</style>`],
    // Without "<", no content can end the element or open a comment in it.
    ["data", `<script type="application/json" id="data">${json}</script>`],
    ["script", `<script>\n${script}</script>`],
  ]);
  return template.replace(/(?:<!-- )?\{\{(\w+)\}\}(?: -->)?/g, (placeholder, name) => parts.get(name) ?? placeholder);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]);
}
