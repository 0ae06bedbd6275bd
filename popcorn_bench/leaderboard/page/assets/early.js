// Before anything is painted: scripts run, and the theme that the reader chose.
(() => {
  const root = document.documentElement;
  root.classList.add('js');
  try {
    const theme = localStorage.getItem('popcorn-theme');
    if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
  } catch { /* storage is closed to this page: the system's theme stays */ }
})();
