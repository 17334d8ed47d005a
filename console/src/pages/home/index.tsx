// What needs somebody, first; then how each workflow stands today.

import { Card } from '../../components/card';
import { Shown } from '../../components/states';
import { signIn } from '../../api/session';
import { useApprovals, useConnections, useLatestOfEach, useWorkflows } from '../../state/queries';
import { t } from '../../texts';
import { today } from '../../texts/format';
import { Glance } from './glance';
import { HomeLayout } from './layout';
import { NeedsYou } from './needs';

export default function Home() {
  const workflows = useWorkflows();
  // Need no workflow, so that they are not asked for behind them; `early` asks all of them.
  const latest = useLatestOfEach();
  const approvals = useApprovals();
  const connections = useConnections();
  const now = signIn.value;
  const name = now.kind === 'in' ? now.session.user.name.split(' ')[0] : undefined;
  return (
    <HomeLayout
      name={name}
      day={today(Date.now())}
      needs={<NeedsYou latest={latest} approvals={approvals} connections={connections} />}
      workflows={
        <Shown of={workflows}>
          {(list) => list.length === 0
            ? <Card><p class="soft">{t().home.noWorkflows}</p></Card>
            : <div class="glances">{list.map((workflow) => <Glance key={workflow.id} workflow={workflow} latest={latest} />)}</div>}
        </Shown>
      }
    />
  );
}
