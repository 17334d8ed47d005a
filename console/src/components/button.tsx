// What can be pressed. One that is busy stays where it is and keeps the focus.

import type { ComponentChildren } from 'preact';

import { Icon, type IconName } from './icon';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

interface Shared {
  children?: ComponentChildren;
  look?: Look;
  icon?: IconName;
  small?: boolean;
}

const classes = ({ look = 'plain', small }: Shared) => `button ${look === 'plain' ? '' : look} ${small ? 'small' : ''}`;

export function Button({ children, icon, busy, type = 'button', onPress, disabled, label, ...look }: Shared & {
  onPress?: () => void;
  /** What it is called where its own words do not tell it from others. */
  label?: string;
  busy?: boolean;
  disabled?: boolean;
  type?: 'button' | 'submit';
}) {
  const idle = busy || disabled;
  return (
    <button
      type={type}
      class={classes(look)}
      aria-label={label}
      aria-disabled={idle ? 'true' : undefined}
      aria-busy={busy ? 'true' : undefined}
      onClick={(event) => {
        if (idle) event.preventDefault();
        else onPress?.();
      }}
    >
      {icon && <Icon name={busy ? 'turn' : icon} />}
      {children}
    </button>
  );
}

export function IconButton({ icon, label, onPress }: { icon: IconName; label: string; onPress: () => void }) {
  return (
    <button type="button" class="button icon" aria-label={label} title={label} onClick={onPress}>
      <Icon name={icon} />
    </button>
  );
}

/** Leads somewhere, and looks like a button. */
export function LinkButton({ children, icon, href, label, ...look }: Shared & { href: string; label?: string | undefined }) {
  return (
    <a class={classes(look)} href={href} aria-label={label}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}
