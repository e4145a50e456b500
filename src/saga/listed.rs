//! Sagas, as the registry shows them.

use super::shared::Shared;
use crate::registry::{Listed, Row, Story, Sums};
use crate::setting::Setting;
use crate::state::history::Counted;
use crate::state::saga::SagaState;

impl Listed for Shared {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let names: Vec<_> = self.definition.names.iter().map(|name| name.as_str()).collect();
        let mut settings = vec![Setting::new("steps", names.join(", "))];
        settings.extend(self.settings.listed());
        settings
    }

    fn snapshot(&self) -> Vec<Setting> {
        SagaState::ALL.map(|state| Setting::new(state.as_str(), self.count(state))).into()
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    fn gauges(&self, sums: &mut Sums) {
        let gauges = sums.of(self.row);
        for state in SagaState::ALL {
            gauges.add_count(state.as_str(), self.count(state));
        }
    }
}
