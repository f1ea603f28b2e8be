// Buttons that copy a text of the page.

/** Lets a button copy the text of an element, and says in `told` how that went. */
export function offerCopy(button: HTMLElement, source: HTMLElement, told: HTMLElement): void {
  button.addEventListener("click", async () => {
    // What cannot be copied is at least selected.
    getSelection()?.selectAllChildren(source);
    try {
      await navigator.clipboard.writeText(source.textContent ?? "");
      told.textContent = "Copied.";
    } catch {
      told.textContent = "Selected: copy it with the keyboard.";
    }
  });
}
