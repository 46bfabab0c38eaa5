// Draws each panel's chart from the JSON the page carries; the table beside it is the accessible form of the same numbers.
(() => {
  "use strict";
  const charts = [];
  // The stylesheet's tokens know light and dark; canvas does not: let the browser compute the colour, then paint one pixel.
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (name) => {
    document.documentElement.style.setProperty("accent-color", `var(--${name})`);
    paint.fillStyle = getComputedStyle(document.documentElement).accentColor;
    document.documentElement.style.removeProperty("accent-color");
    paint.fillRect(0, 0, 1, 1);
    const [red, green, blue] = paint.getImageData(0, 0, 1, 1).data;
    return `rgb(${red}, ${green}, ${blue})`;
  };
  const shortened = (text) => (text.length > 34 ? `${text.slice(0, 33)}…` : text);

  const options = (stacked) => ({
    indexAxis: "y",
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    plugins: {
      legend: { display: stacked, position: "bottom", labels: { color: colour("text"), boxWidth: 12, boxHeight: 12 } },
    },
    scales: {
      x: {
        stacked: true,
        beginAtZero: true,
        ticks: { precision: 0, color: colour("quiet") },
        grid: { color: colour("line") },
        border: { display: false },
      },
      y: {
        stacked: true,
        ticks: {
          color: colour("text"),
          autoSkip: false,
          callback(value) {
            return shortened(this.getLabelForValue(value));
          },
        },
        grid: { display: false },
        border: { color: colour("line") },
      },
    },
  });

  const draw = (canvas) => {
    const { labels, series } = JSON.parse(document.getElementById(canvas.dataset.source).textContent);
    const datasets = series.map(({ label, values, tone }) => ({
      label,
      data: values,
      backgroundColor: colour(tone),
      borderColor: colour("card"),
      borderWidth: { left: 0, right: 1, top: 0, bottom: 0 },
      maxBarThickness: 26,
    }));
    return new Chart(canvas, { type: "bar", data: { labels, datasets }, options: options(series.length > 1) });
  };

  const drawAll = () => {
    charts.splice(0).forEach((chart) => chart.destroy());
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    document.querySelectorAll("canvas[data-source]").forEach((canvas) => charts.push(draw(canvas)));
  };

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("themechange", () => {
    if (charts.length) drawAll();
  });
})();
