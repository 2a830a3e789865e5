// Puts the remembered type size on <html> before the first word is drawn, so that nothing jumps. Run without `defer`.
try {
  const size = localStorage.getItem("type-size");
  if (/^[a-z]{1,8}$/.test(size)) document.documentElement.dataset.size = size;
} catch {
  // Storage is forbidden: the plain size.
}
