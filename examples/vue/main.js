import { createApp } from "vue";
import Picks from "./Picks.vue";

createApp(Picks).mount("#app");
