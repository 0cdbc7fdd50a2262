/** Light, dark or as the system says: the viewer's choice, kept in this browser. */

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'callendar.theme';

/** What was chosen before; a browser that keeps nothing has no choice. */
export function loadTheme(): Theme {
  try {
    const kept = localStorage.getItem(key);
    return themes.find((theme) => theme === kept) ?? 'auto';
  } catch (error) {
    if (error instanceof DOMException) return 'auto';
    throw error;
  }
}

export function showTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

export function saveTheme(theme: Theme): void {
  showTheme(theme);
  try {
    localStorage.setItem(key, theme);
  } catch (error) {
    // Storage is switched off: the choice holds as long as the page is open.
    if (!(error instanceof DOMException)) throw error;
  }
}
