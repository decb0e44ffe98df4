//! The processor that the transformer was built for, read from its executable.

use std::fmt;

/// A processor that Lambda offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    Arm64,
    X86_64,
}

/// How many bytes of an executable are needed: the ELF header up to and including `e_machine`
/// (<https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>).
pub const HEADER_BYTES: usize = 20;

impl Architecture {
    /// The architecture of an executable, from its first bytes. `None` for anything else, such as a script.
    pub fn of_executable(header: [u8; HEADER_BYTES]) -> Option<Self> {
        let machine = u16::from_le_bytes([header[18], header[19]]);
        match (header.starts_with(b"\x7fELF"), machine) {
            (true, EM_X86_64) => Some(Self::X86_64),
            (true, EM_AARCH64) => Some(Self::Arm64),
            _ => None,
        }
    }
}

impl fmt::Display for Architecture {
    /// Lambda's word for it, which is also the parameter's value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        })
    }
}

/// `e_machine` of the two (<https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>).
const EM_X86_64: u16 = 62;
const EM_AARCH64: u16 = 183;

#[cfg(test)]
mod tests {
    use super::*;

    fn header(machine: u16) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..4].copy_from_slice(b"\x7fELF");
        header[18..].copy_from_slice(&machine.to_le_bytes());
        header
    }

    #[test]
    fn an_executable_says_which_processor_it_is_for() {
        let of = |machine| Architecture::of_executable(header(machine)).map(|it| it.to_string());
        assert_eq!(of(62).as_deref(), Some("x86_64"));
        assert_eq!(of(183).as_deref(), Some("arm64"));
        assert_eq!(of(3), None, "32-bit x86");
    }

    #[test]
    fn a_script_is_no_executable_of_any_architecture() {
        assert_eq!(
            Architecture::of_executable(*b"#!/bin/sh\nexec \"$0\"\n"),
            None
        );
    }
}
