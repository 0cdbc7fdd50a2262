/** The console starts here: wiring, and nothing decided. */

import { mount } from 'svelte';

import { HttpServer } from './platform/server';
import { loadTheme, showTheme } from './platform/theme';
import App from './views/App.svelte';
import { Desk } from './views/desk.svelte';
import './views/tokens.css';
import './views/base.css';
import './views/columns.css';

showTheme(loadTheme());
const target = document.getElementById('console');
if (!target) throw new Error('index.html has lost its #console.');
const desk = new Desk(new HttpServer());
mount(App, { target, props: { desk } });
desk.start();
