/** The few icons of the page, drawn on 16 × 16. */
const PATHS = {
  left: 'M10 3 5 8l5 5',
  right: 'm6 3 5 5-5 5',
  down: 'm3 6 5 5 5-5',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.2l2 1.3',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.6L13 6M13 2.5V6H9.5',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM11 11l3.5 3.5',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z',
  help: 'M6 6a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.6M8 12v.3M8 15A7 7 0 1 0 8 1a7 7 0 0 0 0 14Z',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  close: 'm4 4 8 8M12 4l-8 8',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  play: 'M4.5 3v10l8-5z',
  filter: 'M2 3h12M4.5 8h7M6.5 13h3',
  mute: 'M3 11.5h10L11.8 10V7a3.8 3.8 0 0 0-5.6-3.3M4.2 6.5V10L3 11.5M6.8 13.8h2.4M2 2l12 12',
  menu: 'M2 4h12M2 8h12M2 12h12',
  warn: 'M8 2 1.5 13.5h13zM8 6.5v3M8 11.5v.2',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 15 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" className="sg-icon">
      <path d={PATHS[name]} />
    </svg>
  );
}
