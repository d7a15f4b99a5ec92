import './styles/mantine.css';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { pageNonce } from '@/lib/nonce';
import { LiveProvider } from '@/live/LiveProvider';
import { router } from './router';
import { theme } from './theme';

// The scroll lock below modals inserts a style element of its own.
if (pageNonce) setNonce(pageNonce);

const queryClient = new QueryClient({
  defaultOptions: {
    // The server is often on this very machine: a browser that believes it is offline must still ask it.
    queries: { networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => pageNonce}>
        <Notifications position="bottom-right" limit={4} />
        <LiveProvider>
          <RouterProvider router={router} />
        </LiveProvider>
      </MantineProvider>
    </QueryClientProvider>
  </StrictMode>,
);
