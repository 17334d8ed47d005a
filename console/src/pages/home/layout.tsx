// Where things stand on the start page, whether they are there yet or not. Asks nothing, so that the page
// which the Worker sends can show it before any script is there (`still`).

import type { ComponentChildren } from 'preact';

import { Card } from '../../components/card';
import { Page } from '../../components/page';
import { Waiting } from '../../components/states';
import { t } from '../../texts';

export function HomeLayout({ name, day, needs, workflows }: {
  /** Whose it is, once that is known. */
  name?: string | undefined;
  /** What day it is, in the zone of whoever looks. */
  day?: string;
  needs: ComponentChildren;
  workflows: ComponentChildren;
}) {
  const texts = t().home;
  return (
    <Page title={texts.hello(name)} lead={texts.lead}>
      {needs}
      <div class="row apart">
        <h2>{texts.today}</h2>
        {day && <p class="soft small">{day}</p>}
      </div>
      {workflows}
    </Page>
  );
}

/** What needs somebody, while that is not known. */
export function NeedsCard({ children = <Waiting lines={3} /> }: { children?: ComponentChildren }) {
  return <Card title={t().home.needsYou} flush>{children}</Card>;
}

export function HomeWaiting() {
  return <HomeLayout needs={<NeedsCard />} workflows={<Waiting />} />;
}
