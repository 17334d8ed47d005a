import type { ComponentChildren } from 'preact';

import { Icon } from './icon';

/** Shown on demand. */
export function More({ title, open, children }: { title: ComponentChildren; open?: boolean; children: ComponentChildren }) {
  return (
    <details class="more" open={open}>
      <More.Summary>{title}</More.Summary>
      {children}
    </details>
  );
}

More.Summary = ({ children }: { children: ComponentChildren }) => <summary><Icon name="next" />{children}</summary>;
