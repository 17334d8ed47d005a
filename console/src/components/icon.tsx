// Signs, drawn with one line. They say nothing that words beside them do not say.

const PATHS = {
  home: 'M3 10.2 10 4l7 6.2M5 8.8V16h3.6v-4.2h2.8V16H15V8.8',
  pulse: 'M2.5 10.5H6l2-5.5 3.6 10 2.2-4.5h3.7',
  runs: 'M4 5h8M4 10h12M4 15h6M15 3.4v3.2M13.4 5h3.2',
  link: 'M8.3 11.7a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 1 0-4.3-4.3l-.9.9M11.7 8.3a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 1 0 4.3 4.3l.9-.9',
  calendar: 'M4 5.5h12V16H4zM4 8.5h12M7 3.5v3.5M13 3.5v3.5',
  tool: 'M12.7 4.2a3.8 3.8 0 0 0-4.6 5L3.8 13.5a1.9 1.9 0 1 0 2.7 2.7l4.3-4.3a3.8 3.8 0 0 0 5-4.6l-2.3 2.3-2.4-.7-.7-2.4z',
  chat: 'M4 4.5h12v8.5H9.5L6 16v-3H4z',
  gauge: 'M3.5 14.5a6.8 6.8 0 1 1 13 0M10 13l3-4.2',
  more: 'M5 10h.01M10 10h.01M15 10h.01',
  search: 'M9 14.2A5.2 5.2 0 1 0 9 3.8a5.2 5.2 0 0 0 0 10.4zM13 13l3.6 3.6',
  check: 'm4.5 10.5 3.7 3.7 7.3-8',
  cross: 'm5.5 5.5 9 9M14.5 5.5l-9 9',
  alert: 'M10 4 17 16H3zM10 8.5v3.2M10 13.8h.01',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6.2V10l2.6 1.7',
  hand: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8.2 7.5v5M11.8 7.5v5',
  turn: 'M16 10a6 6 0 1 1-2-4.5M16 3v3.2h-3.2',
  play: 'M6.5 4.5v11l9-5.5z',
  next: 'm8 5 5 5-5 5',
  back: 'm12 5-5 5 5 5',
  up: 'm5.5 12 4.5-4.5 4.5 4.5',
  down: 'm5.5 8 4.5 4.5L14.5 8',
  copy: 'M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3',
  out: 'M8.5 4.5h-4v11h4M12 6.5l3.5 3.5-3.5 3.5M15.5 10H8',
  away: 'M11.5 4.5h4v4M15.5 4.5 9 11M13.5 11.5v4h-9v-9h4',
  dash: 'M6 10h8',
  sun: 'M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2.5v1.6M10 15.9v1.6M2.5 10h1.6M15.9 10h1.6M4.7 4.7l1.1 1.1M14.2 14.2l1.1 1.1M15.3 4.7l-1.1 1.1M5.8 14.2l-1.1 1.1',
  person: 'M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4.5 16.5a5.6 5.6 0 0 1 11 0',
  write: 'M4 16l.8-3.4L13 4.4l2.6 2.6-8.2 8.2zM11.5 5.9l2.6 2.6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: more = '' }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon-mark ${more}`} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
