import { mount } from "svelte";
import Picks from "./Picks.svelte";

mount(Picks, { target: document.body });
