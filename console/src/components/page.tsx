// A page of the console: its heading, which gets the focus when one has come here from another page,
// and the name of the window.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';

import { t } from '../texts';
import { Icon } from './icon';

let visits = 0;

export function Page({ title, lead, back, actions, children }: {
  title: string;
  lead?: ComponentChildren;
  back?: { href: string; label: string };
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { path } = useLocation();
  useEffect(() => {
    // The first page is where the browser has put its focus already.
    if (visits++ > 0) {
      heading.current?.focus();
      scrollTo(0, 0);
    }
  }, [path]);
  useEffect(() => {
    document.title = `${title} · ${t().product}`;
  }, [title]);
  return (
    <div class="page">
      <header>
        <div>
          {back && <a class="back" href={back.href}><Icon name="back" />{back.label}</a>}
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div class="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
