import { createTheme } from '@mantine/core';

/** Compact and calm: one accent, system fonts, small radii. */
export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 9 },
  autoContrast: true,
  defaultRadius: 'sm',
  colors: {
    // The greys of the dark theme, a little blue like the panels in base.css.
    dark: [
      '#d3d7de',
      '#b6bcc6',
      '#98a0ad',
      '#6b7280',
      '#3a404a',
      '#2c3038',
      '#22262d',
      '#191c21',
      '#15181c',
      '#121418',
    ],
  },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  spacing: { xs: '6px', sm: '10px', md: '14px', lg: '20px', xl: '28px' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '1.3' },
      h2: { fontSize: '15px', lineHeight: '1.4' },
      h3: { fontSize: '13px', lineHeight: '1.4' },
    },
  },
});

/** Series colours that can be told apart on both backgrounds. */
export const SERIES_COLORS = [
  '#3b8fd4',
  '#d9822b',
  '#3aa675',
  '#c25b9b',
  '#8b7bd8',
  '#b59a1f',
  '#2aa5b0',
  '#5a7d9a',
  '#7a9a3a',
  '#9a7b63',
] as const;

export function seriesColor(index: number): string {
  return SERIES_COLORS[index % SERIES_COLORS.length] ?? SERIES_COLORS[0];
}

/** A service keeps its colour from page to page. */
export function nameColor(name: string): string {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  // Alike names differ in few bits: every bit of the hash has to depend on all of them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return seriesColor(((hash ^ (hash >>> 16)) >>> 0) % 8);
}
