// Which page is shown, and who has to sign in first.

import { useState } from 'preact/hooks';
import lazy, { ErrorBoundary } from 'preact-iso/lazy';
import { LocationProvider, Route, Router } from 'preact-iso/router';

import { Failure } from './api/failure';
import { signIn } from './api/session';
import { Card } from './components/card';
import { Page } from './components/page';
import { Failed } from './components/states';
import { Door } from './shell/door';
import { Shell } from './shell/shell';
import { NotFound } from './pages/not_found';

const Home = lazy(() => import('./pages/home'));
const Onboarding = lazy(() => import('./pages/onboarding'));
const Runs = lazy(() => import('./pages/runs'));
const RunPage = lazy(() => import('./pages/run'));
const Connections = lazy(() => import('./pages/connections'));
const Schedule = lazy(() => import('./pages/schedule'));
const Tools = lazy(() => import('./pages/tools'));
const Assistant = lazy(() => import('./pages/assistant'));
const Operators = lazy(() => import('./pages/operators'));
const Components = lazy(() => import('./pages/components'));

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
  if (broken) {
    return (
      <Page title="Onbehalf">
        <Card><Failed failure={broken} retry={() => location.reload()} /></Card>
      </Page>
    );
  }
  return (
    <ErrorBoundary onError={(error) => setBroken(Failure.from(error))}>
      <Router>
        <Route path="/console" component={Home} />
        <Route path="/console/onboarding" component={Onboarding} />
        <Route path="/console/runs" component={Runs} />
        <Route path="/console/runs/:workflow/:runId" component={RunPage} />
        <Route path="/console/connections" component={Connections} />
        <Route path="/console/schedule" component={Schedule} />
        <Route path="/console/tools" component={Tools} />
        <Route path="/console/tools/:id" component={Tools} />
        <Route path="/console/assistant" component={Assistant} />
        <Route path="/console/operators" component={Operators} />
        <Route path="/console/components" component={Components} />
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  );
}
