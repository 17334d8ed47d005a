// What stands around each page, with what is known of who is there: the way to the other pages, and what
// concerns all of them.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';

import { nameOf, signIn, signInPath } from '../api/session';
import { shownFrom } from '../api/seen';
import { LinkButton } from '../components/button';
import { Dialog } from '../components/dialog';
import { Notice } from '../components/states';
import { Toasts } from '../components/toasts';
import { useApprovals } from '../state/queries';
import { t } from '../texts';
import { moment } from '../texts/format';
import { behindMore, Frame, places } from './frame';
import { Settings } from './settings';

export function Shell({ children }: { children: ComponentChildren }) {
  const now = signIn.value;
  const session = now.kind === 'in' ? now.session : undefined;
  const approvals = useApprovals();
  const { path } = useLocation();
  const [settings, setSettings] = useState(false);
  const all = places(session?.operator ?? false, approvals.data?.length);
  return (
    <>
      <Frame
        path={path}
        all={all}
        person={session && { name: nameOf(session), organization: session.user.organization }}
        onMore={() => setSettings(true)}
        standing={<Standing />}
      >
        {children}
      </Frame>
      {settings && (
        <Dialog title={t().nav.settings} onClose={() => setSettings(false)}>
          <Settings session={session} more={behindMore(all)} path={path} onLeave={() => setSettings(false)} />
        </Dialog>
      )}
      <Toasts />
    </>
  );
}

/** What holds for whatever page it is: the session is over, or the network is gone. */
function Standing() {
  const texts = t();
  const ended = signIn.value.kind === 'out';
  const from = shownFrom.value;
  return (
    <div role="status" class={ended || from !== undefined ? 'page standing' : ''}>
      {ended && (
        <Notice tone="notice" title={texts.door.ended} actions={<LinkButton look="primary" small href={signInPath()}>{texts.door.signIn}</LinkButton>}>
          {texts.door.endedDetail}
        </Notice>
      )}
      {!ended && from !== undefined && <Notice tone="notice" title={texts.states.offline}>{texts.states.shownFrom(moment(from))}</Notice>}
    </div>
  );
}
