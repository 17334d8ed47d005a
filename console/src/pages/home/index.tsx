// What needs somebody, first; then how each workflow stands today.

import { Card } from '../../components/card';
import { Page } from '../../components/page';
import { Shown } from '../../components/states';
import { signIn } from '../../api/session';
import { useApprovals, useConnections, useLatestOfEach, useWorkflows } from '../../state/queries';
import { t } from '../../texts';
import { today } from '../../texts/format';
import { NeedsYou } from './needs';
import { Glance } from './glance';

export default function Home() {
  const texts = t().home;
  const workflows = useWorkflows();
  // Need no workflow, so that they are not asked for behind them; `early` asks all of them.
  const latest = useLatestOfEach();
  const approvals = useApprovals();
  const connections = useConnections();
  const now = signIn.value;
  const name = now.kind === 'in' ? now.session.user.name.split(' ')[0] : undefined;
  return (
    <Page title={name ? texts.hello(name) : texts.title} lead={today(Date.now())}>
      <Shown of={workflows}>
        {(list) => (
          <>
            <NeedsYou latest={latest} approvals={approvals} connections={connections} />
            <h2>{texts.today}</h2>
            {list.length === 0
              ? <Card><p class="soft">{texts.noWorkflows}</p></Card>
              : <div class="glances">{list.map((workflow) => <Glance key={workflow.id} workflow={workflow} latest={latest} />)}</div>}
          </>
        )}
      </Shown>
    </Page>
  );
}
