//! The tokens as egui's styles: visuals, spacing, text styles, scale.

use egui::style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{Color32, Context, CornerRadius, FontId, Margin, Stroke, Style, TextStyle, Visuals, vec2};

use super::{Appearance, Palette, Theme, Weight, fonts, mono, sans};

impl Theme {
    /// Sets fonts, both appearances' styles, the chosen appearance and the scale, which is held to 1–2 (100–200 %).
    ///
    /// For the start and for changes of settings, not for every frame. egui's own zoom keys are switched off, since the
    /// scale is a setting.
    pub fn apply(&self, context: &Context, appearance: Appearance, scale: f32) {
        context.set_fonts(fonts::definitions());
        context.set_style_of(egui::Theme::Dark, self.style(Appearance::Dark));
        context.set_style_of(egui::Theme::Light, self.style(Appearance::Light));
        context.set_theme(match appearance {
            Appearance::Dark => egui::Theme::Dark,
            Appearance::Light => egui::Theme::Light,
        });
        context.options_mut(|options| options.zoom_with_keyboard = false);
        context.set_zoom_factor(if scale.is_finite() { scale.clamp(1.0, 2.0) } else { 1.0 });
    }

    /// Applies the dark appearance at 100 % to a context that has no look yet; does nothing to one that has.
    pub fn ensure(&self, context: &Context) {
        let is_new =
            context.fonts(|fonts| !fonts.definitions().families.contains_key(&sans(Weight::Strong, 1.0).family));
        if is_new {
            self.apply(context, Appearance::Dark, 1.0);
        }
    }

    fn style(&self, appearance: Appearance) -> Style {
        let mut style = Style {
            text_styles: self.text_styles(),
            drag_value_text_style: TextStyle::Monospace,
            visuals: self.visuals(appearance),
            animation_time: 0.1,
            ..Style::default()
        };
        style.interaction.selectable_labels = false;
        self.set_spacing(&mut style);
        style
    }

    fn text_styles(&self) -> std::collections::BTreeMap<TextStyle, FontId> {
        let font = &self.font;
        [
            (TextStyle::Small, sans(Weight::Regular, font.caption)),
            (TextStyle::Body, sans(Weight::Regular, font.body)),
            (TextStyle::Button, sans(Weight::Medium, font.body)),
            (TextStyle::Heading, sans(Weight::Strong, font.heading)),
            (TextStyle::Monospace, mono(Weight::Medium, font.body)),
            (TextStyle::Name("figure".into()), mono(Weight::Medium, font.figure)),
        ]
        .into()
    }

    fn set_spacing(&self, style: &mut Style) {
        let unit = self.space.unit;
        let spacing = &mut style.spacing;
        spacing.item_spacing = vec2(2.0 * unit, self.space.row_gap);
        spacing.button_padding = vec2(3.0 * unit, 1.5 * unit);
        spacing.interact_size = vec2(self.size.control, self.size.control);
        spacing.window_margin = Margin::same(self.space.panel_padding as i8);
        spacing.menu_margin = Margin::same(unit as i8);
        spacing.indent = 4.0 * unit;
        spacing.icon_width = self.size.icon;
        spacing.icon_width_inner = self.size.icon - 2.0 * unit;
        spacing.icon_spacing = 2.0 * unit;
        spacing.slider_rail_height = unit;
        spacing.combo_width = 24.0 * unit;
        spacing.combo_height = 60.0 * unit;
        spacing.tooltip_width = 80.0 * unit;
        // Always to be seen where something scrolls, and beside it rather than over it.
        spacing.scroll = ScrollStyle {
            bar_width: 2.0 * unit,
            floating_width: unit,
            foreground_color: true,
            dormant_background_opacity: 0.0,
            active_background_opacity: 0.0,
            dormant_handle_opacity: 0.35,
            active_handle_opacity: 0.5,
            ..ScrollStyle::thin()
        };
    }

    fn visuals(&self, appearance: Appearance) -> Visuals {
        let palette = self.palette(appearance);
        let shadow =
            egui::Shadow { offset: self.shadow.offset, blur: self.shadow.blur, spread: 0, color: self.shadow.colour };
        let mut visuals = match appearance {
            Appearance::Dark => Visuals::dark(),
            Appearance::Light => Visuals::light(),
        };
        let focus = Stroke::new(self.stroke.selection, palette.accent);
        visuals.weak_text_color = Some(palette.text_tertiary);
        visuals.widgets = self.widgets(palette, focus);
        visuals.selection = Selection { bg_fill: palette.accent_fill, stroke: focus };
        visuals.ime_composition.active_underline_stroke = focus;
        visuals.ime_composition.inactive_underline_stroke = Stroke::new(self.stroke.line, palette.accent);
        visuals.hyperlink_color = palette.accent;
        visuals.faint_bg_color = palette.raised;
        visuals.extreme_bg_color = palette.window;
        visuals.code_bg_color = palette.raised;
        visuals.warn_fg_color = palette.warn;
        visuals.error_fg_color = palette.error;
        visuals.window_corner_radius = CornerRadius::same(self.radius.control);
        visuals.menu_corner_radius = CornerRadius::same(self.radius.control);
        visuals.window_fill = palette.raised;
        visuals.window_stroke = Stroke::new(self.stroke.line, palette.line_strong);
        visuals.window_shadow = shadow;
        visuals.popup_shadow = shadow;
        visuals.panel_fill = palette.panel;
        visuals.text_cursor.stroke = focus;
        visuals.slider_trailing_fill = true;
        visuals.handle_shape = HandleShape::Circle;
        visuals.disabled_alpha = 0.4;
        visuals
    }

    fn widgets(&self, palette: &Palette, focus: Stroke) -> Widgets {
        let of = |fill: Color32, outline: Stroke, text: Color32| WidgetVisuals {
            bg_fill: fill,
            weak_bg_fill: fill,
            bg_stroke: outline,
            corner_radius: CornerRadius::same(self.radius.control),
            fg_stroke: Stroke::new(self.stroke.icon, text),
            expansion: 0.0,
        };
        let outline = Stroke::new(self.stroke.control, palette.line_strong);
        Widgets {
            noninteractive: of(palette.panel, Stroke::new(self.stroke.line, palette.line), palette.text),
            inactive: of(palette.control, outline, palette.text),
            hovered: of(palette.control_track, outline, palette.text),
            active: of(palette.control_track, focus, palette.text),
            open: of(palette.control_track, outline, palette.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_appearances_reach_the_widgets() {
        let context = Context::default();
        for (appearance, theme) in [(Appearance::Dark, egui::Theme::Dark), (Appearance::Light, egui::Theme::Light)] {
            Theme::get().apply(&context, appearance, 1.0);
            assert_eq!(context.theme(), theme);
            let palette = Theme::get().palette(appearance);
            let style = context.global_style();
            assert_eq!(style.visuals.panel_fill, palette.panel);
            assert_eq!(style.visuals.text_color(), palette.text);
            assert_eq!(style.visuals.widgets.active.bg_stroke, Stroke::new(2.0, palette.accent));
            assert!(style.text_styles.values().all(|font| font.size >= Theme::get().font.caption));
        }
    }

    #[test]
    fn the_scale_stays_between_one_and_two() {
        let context = Context::default();
        for (asked, got) in [(0.5, 1.0), (1.25, 1.25), (3.0, 2.0), (f32::NAN, 1.0)] {
            Theme::get().apply(&context, Appearance::Dark, asked);
            context.run_ui(egui::RawInput::default(), |_| {}).textures_delta.clear();
            assert_eq!(context.zoom_factor(), got, "{asked}");
        }
    }
}
