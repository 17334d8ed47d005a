// Which page is shown, and who has to sign in first.

import type { FunctionComponent } from 'preact';
import { useState } from 'preact/hooks';
import lazy, { ErrorBoundary } from 'preact-iso/lazy';
import { exec, LocationProvider, Route, Router } from 'preact-iso/router';

import { Failure } from './api/failure';
import { signIn } from './api/session';
import { Card } from './components/card';
import { Page } from './components/page';
import { Failed } from './components/states';
import { Door } from './shell/door';
import { Shell } from './shell/shell';
import { NotFound } from './pages/not_found';

/** A page that is loaded when it is wanted. Where it cannot be, as when another version was deployed since, it says
 *  so. */
const page = (load: () => Promise<{ default: FunctionComponent }>) =>
  lazy(() => load().catch((error: unknown) => ({ default: () => <Broken failure={Failure.from(error)} /> })));

/** The pages by their paths. */
const PAGES = {
  '/console': page(() => import('./pages/home')),
  '/console/onboarding': page(() => import('./pages/onboarding')),
  '/console/runs': page(() => import('./pages/runs')),
  '/console/runs/:workflow/:runId': page(() => import('./pages/run')),
  '/console/connections': page(() => import('./pages/connections')),
  '/console/schedule': page(() => import('./pages/schedule')),
  '/console/tools/:id?': page(() => import('./pages/tools')),
  '/console/assistant': page(() => import('./pages/assistant')),
  '/console/operators': page(() => import('./pages/operators')),
  '/console/components': page(() => import('./pages/components')),
};

/** Loads the page of this path, so that it is there when it is drawn. */
export async function load(path: string): Promise<void> {
  const found = Object.entries(PAGES).find(([pattern]) => exec(path, pattern));
  await found?.[1].preload();
}

export function App() {
  const now = signIn.value;
  if (now.kind !== 'in' && !(now.kind === 'out' && now.why === 'ended')) return <Door now={now} />;
  return (
    <LocationProvider scope="/console">
      <Shell>
        <Pages />
      </Shell>
    </LocationProvider>
  );
}

function Pages() {
  const [broken, setBroken] = useState<Failure>();
  if (broken) return <Broken failure={broken} />;
  return (
    <ErrorBoundary onError={(error) => setBroken(Failure.from(error))}>
      <Router>
        {Object.entries(PAGES).map(([path, component]) => <Route key={path} path={path} component={component} />)}
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  );
}

function Broken({ failure }: { failure: Failure }) {
  return (
    <Page title="Onbehalf">
      <Card><Failed failure={failure} retry={() => location.reload()} /></Card>
    </Page>
  );
}
