import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { connectSetup } from './features/setup/setupStore.ts';
import { connect, useWindow } from './store/store.ts';
import { ErrorBoundary } from './ui/ErrorBoundary.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/ui.css';
import './styles/forms.css';
import './styles/shell.css';
import './styles/stage.css';
import './styles/tables.css';
import './styles/runs.css';
import './styles/daily.css';
import './styles/stories.css';
import './styles/palette.css';
import './styles/welcome.css';
import './styles/forms.css';
import './styles/setup.css';

/** The chosen theme is an attribute of the page: all colours follow from `color-scheme`. */
useWindow.subscribe(({ preferences }) => {
  const theme = preferences?.theme ?? 'system';
  if (document.documentElement.dataset['theme'] !== theme) document.documentElement.dataset['theme'] = theme;
});

connect();
connectSetup();
const root = document.querySelector('#root');
if (root === null) throw new Error('The page has no place for the app.');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
