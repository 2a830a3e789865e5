// Charts of the last 30 days of a department (Chart.js) in the colours of the desk. The tables have the same data.
"use strict";
{
  const figures = JSON.parse(document.getElementById("month-figures").textContent);
  const holder = document.querySelector(".desk-charts");
  holder.hidden = false;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const names = [...document.querySelectorAll(".desk-day-table thead th")].map((one) => one.textContent);
  const charts = [];

  const options = (whole) => ({
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    plugins: { legend: { display: !whole, position: "bottom", labels: { color: colour("--body-fg"), boxWidth: 14 } } },
    scales: {
      x: { stacked: !whole, grid: { display: false }, ticks: { color: colour("--body-quiet-color"), maxTicksLimit: 8, maxRotation: 0 } },
      y: { stacked: !whole, beginAtZero: true, grid: { color: colour("--hairline-color") }, ticks: { color: colour("--body-quiet-color"), precision: 0, maxTicksLimit: 5 } },
    },
  });

  const draw = () => {
    for (const chart of charts.splice(0)) chart.destroy();
    const family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.family = family;
    const bar = (label, data, name) => ({ label, data, backgroundColor: colour(name), borderWidth: 0 });
    charts.push(
      new Chart("chart-work", {
        type: "bar",
        data: {
          labels: figures.days,
          datasets: [bar(names[1], figures.published, "--good"), bar(names[2], figures.returned, "--desk-warn")],
        },
        options: options(false),
      }),
      new Chart("chart-reads", {
        type: "line",
        data: {
          labels: figures.days,
          datasets: [{ label: names[3], data: figures.reads, borderColor: colour("--brand-text"), backgroundColor: colour("--brand-text"), borderWidth: 2, pointRadius: 0, tension: 0.3 }],
        },
        options: options(true),
      }),
    );
  };
  draw();
  // The user can switch between light and dark while the page is open.
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
