/* What pages of the live classroom do without their server: light or dark, the language, and links that are copied. */

const plansimPage = {
  isDark() {
    const theme = document.documentElement.dataset.theme;
    return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  },

  /* Light where it was dark, and dark where it was light; kept while the tab is open. */
  turn() {
    const theme = plansimPage.isDark() ? "light" : "dark";
    sessionStorage.setItem("plansim-theme", theme);
    plansimPage.paint(theme);
  },

  paint(theme) {
    document.documentElement.dataset.theme = theme;
    if (window.setDark) setDark(theme === "dark"); // of NiceGUI
  },

  /* The same page in another language. */
  speak(language) {
    const address = new URL(location.href);
    address.searchParams.set("lang", language);
    location.assign(address);
  },

  /* Whether the link of the worlds shown could be copied: browsers copy for encrypted pages, and for those of this machine. */
  async copied() {
    try {
      await navigator.clipboard.writeText(`${location.origin}/${location.search}`);
      return true;
    } catch {
      return false;
    }
  },

  /* What is said when the server does not answer. */
  say(lost, again) {
    const lines = document.querySelectorAll("#popup span");
    [lost, again].forEach((text, i) => lines[i] && (lines[i].textContent = text));
  },
};

{
  const theme = sessionStorage.getItem("plansim-theme");
  if (theme) {
    plansimPage.paint(theme);
    addEventListener("load", () => plansimPage.paint(theme));
  }
}
