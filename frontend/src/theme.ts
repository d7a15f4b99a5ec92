import { createTheme, Menu, Notification, type MantineColorsTuple } from '@mantine/core';

const iris: MantineColorsTuple = [
  '#f1f0fd',
  '#dfdcfa',
  '#bdb8f3',
  '#9a92ee',
  '#7c72e6',
  '#675be0',
  '#4f46c8',
  '#443cb0',
  '#393294',
  '#2e2878',
];

// Mantine's greys, replaced by those of styles/tokens.css, so that its surfaces and ours are the same.
const dark: MantineColorsTuple = [
  '#e7e9ee',
  '#c9ced8',
  '#a9b0bd',
  '#939bab',
  '#39404c',
  '#2c323c',
  '#1d2128',
  '#15181e',
  '#0e1014',
  '#090b0e',
];

export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 5 },
  colors: { iris, dark },
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  defaultRadius: 'md',
  cursorType: 'pointer',
  components: {
    // Its placeholder for the first focus is no menu item, which screen readers may not find in a menu; without
    // it the first item has the focus, which takes items that can have it. Menus stay inside their landmark.
    Menu: Menu.extend({
      defaultProps: {
        withInitialFocusPlaceholder: false,
        menuItemTabIndex: 0,
        withinPortal: false,
        floatingStrategy: 'fixed',
        zIndex: 20,
      },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } }),
  },
});
